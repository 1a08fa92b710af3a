using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>What the steady state allocates: nothing, or next to it.</summary>
[Collection(nameof(AllocationTests))]
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public sealed class AllocationTests
{
    [Fact]
    public async Task A_ping_pong_allocates_nothing()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Task echo = EchoAsync(server);
        byte[] buffer = new byte[64];
        await PingAsync(client, buffer, 2000);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        const int Rounds = 5000;
        await PingAsync(client, buffer, Rounds);
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        client.CompleteWrites();
        await echo.Soon();
        Assert.InRange(allocated / Rounds, 0, 16);
    }

    [Fact]
    public async Task Bulk_data_allocates_next_to_nothing()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        const int Size = 64 << 20;
        const int Parts = 6;
        Task send = SendAsync(server, (long)Parts * Size);
        byte[] buffer = new byte[65536];
        long allocated = long.MaxValue;
        for (int i = 0; i < Parts; i++)
        {
            // Buffers grow with the windows until both have found their size; what a part costs after that is the steady state.
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await ReceiveAsync(client, buffer, Size);
            allocated = Math.Min(allocated, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        await send.Soon();
        TestContext.Current.TestOutputHelper?.WriteLine($"{allocated} bytes for {Size >> 20} MiB");

        Assert.InRange(allocated, 0, Size / 100);
    }

    private static async Task PingAsync(QuicStream stream, byte[] buffer, int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            await stream.WriteAsync(buffer);
            int got = 0;
            while (got < buffer.Length)
            {
                got += await stream.ReadAsync(buffer.AsMemory(got));
            }
        }
    }

    private static async Task EchoAsync(QuicStream stream)
    {
        byte[] buffer = new byte[64];
        int count;
        while ((count = await stream.ReadAsync(buffer)) > 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, count));
        }
    }

    private static async Task SendAsync(QuicStream stream, long bytes)
    {
        byte[] buffer = new byte[65536];
        for (; bytes > 0; bytes -= buffer.Length)
        {
            await stream.WriteAsync(buffer);
        }
    }

    private static async Task ReceiveAsync(QuicStream stream, byte[] buffer, long bytes)
    {
        while (bytes > 0)
        {
            bytes -= await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, bytes)));
        }
    }
}
