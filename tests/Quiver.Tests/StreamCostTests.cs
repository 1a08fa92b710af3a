using System.Diagnostics.CodeAnalysis;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>What a stream costs the garbage collector.</summary>
[Collection("Leaks are counted for the whole process")]
public sealed class StreamCostTests
{
    [Fact]
    [SuppressMessage("Reliability", "CA2012:Use ValueTasks correctly", Justification = "Each is awaited once, a little later; tasks would be counted.")]
    public async Task A_short_stream_allocates_at_most_600_bytes_on_each_side()
    {
        const int Batch = 50;
        const int Batches = 200;
        const int Budget = 600;
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        var client = new QuicStream[Batch];
        var server = new QuicStream[Batch];
        var disposals = new ValueTask[2 * Batch];
        byte[] hello = new byte[17];
        byte[] buffer = new byte[64];
        long before = 0;
        for (int batch = -20; batch < Batches; batch++)
        {
            before = batch == 0 ? GC.GetTotalAllocatedBytes(precise: true) : before;
            for (int i = 0; i < Batch; i++)
            {
                client[i] = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
                await client[i].WriteAsync(hello, completeWrites: true);
            }

            for (int i = 0; i < Batch; i++)
            {
                server[i] = await pair.Server.AcceptInboundStreamAsync();
                while (await server[i].ReadAsync(buffer) > 0)
                {
                }

                disposals[i] = server[i].DisposeAsync();
            }

            for (int i = 0; i < Batch; i++)
            {
                while (await client[i].ReadAsync(buffer) > 0)
                {
                }

                disposals[Batch + i] = client[i].DisposeAsync();
            }

            for (int i = 0; i < disposals.Length; i++)
            {
                await disposals[i];
            }
        }

        long each = (GC.GetTotalAllocatedBytes(precise: true) - before) / (2 * Batch * Batches);
        Assert.True(each <= Budget, $"{each} bytes a stream and side");
        TestContext.Current.TestOutputHelper?.WriteLine($"{each} bytes a stream and side");
    }

    [Fact]
    public async Task An_idle_open_stream_holds_at_most_a_kilobyte_on_each_side()
    {
        const int Streams = 5_000;
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(server: options => options.MaxInboundBidirectionalStreams = Streams);
        var held = new QuicStream[2 * Streams];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Streams; i++)
        {
            (held[2 * i], held[(2 * i) + 1]) = await pair.OpenDroppableAsync();
        }

        await Task.Delay(100);
        long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / held.Length;
        Assert.True(each <= 1024, $"{each} bytes a stream and side");
        TestContext.Current.TestOutputHelper?.WriteLine($"{each} bytes a stream and side");
        foreach (QuicStream stream in held)
        {
            stream.Abort(QuicAbortDirection.Both, 0);
        }
    }
}
