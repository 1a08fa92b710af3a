using System.Runtime.CompilerServices;
using Quiver.Diagnostics;
using Quiver.Driving;
using Quiver.Protocol.Primitives;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>A connection that is stalled by dropped handles comes free by itself.</summary>
[Collection("Leaks are counted for the whole process")]
public sealed class CollectionRequestTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_peer_does_not_stall_though_every_stream_it_opens_is_dropped(bool isReadFirst)
    {
        const int Streams = 2_000;
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        long before = Leaks.Count(LeakKind.Stream);
        var serving = new List<Task>();
        Task accept = AcceptAndDropAsync(pair.Client, Streams, isReadFirst);
        for (int i = 0; i < Streams; i++)
        {
            serving.Add(ServeAsync(await pair.Server.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon()));
        }

        await accept.Soon();
        await Collecting.UntilAsync(() => StreamCounts.Live(pair.Client) == 0);
        await Task.WhenAll(serving).Soon();
        await Collecting.UntilAsync(() => StreamCounts.Live(pair.Client) == 0 && StreamCounts.Live(pair.Server) == 0);
        Assert.Equal(Streams, Leaks.Count(LeakKind.Stream) - before);
    }

    [Fact]
    public async Task Opening_does_not_stall_though_every_stream_opened_is_dropped()
    {
        const int Streams = 2_000;
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        Task accept = AcceptAndDisposeAsync(pair.Server, Streams);
        for (int i = 0; i < Streams; i++)
        {
            await OpenAndDropAsync(pair.Client);
        }

        await accept.Soon();
        await Collecting.UntilAsync(() => StreamCounts.Live(pair.Client) == 0 && StreamCounts.Live(pair.Server) == 0);
    }

    [Fact]
    public async Task Who_holds_on_to_streams_is_told_and_gets_few_collections()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        var told = new TaskCompletionSource<ConnectionDriver>(TaskCreationOptions.RunContinuationsAsynchronously);
        Action<ConnectionDriver>? old = StarvedConnections.OnFreedNothing;
        StarvedConnections.OnFreedNothing = connection => told.TrySetResult(connection);
        try
        {
            var held = new List<QuicStream>();
            for (int i = 0; i < 100; i++)
            {
                QuicStream stream = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
                await stream.WriteAsync(new byte[1]).Soon();
                held.Add(stream);
                held.Add(await pair.Server.AcceptInboundStreamAsync().Soon());
            }

            Task<QuicStream> next = pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
            ConnectionDriver connection = await told.Task.Soon();
            Assert.Contains(connection, new[] { pair.Client.Driver, pair.Server.Driver });
            Assert.False(next.IsCompleted);
            foreach (QuicStream stream in held)
            {
                stream.Abort(QuicAbortDirection.Both, 1);
                await stream.DisposeAsync().Soon();
            }

            await next;
        }
        finally
        {
            StarvedConnections.OnFreedNothing = old;
        }
    }

    [Fact]
    public void The_policy_is_young_first_then_full_and_rare_when_nothing_helps()
    {
        var policy = new CollectionPolicy();
        var now = new Timestamp(TimeSpan.TicksPerHour);
        int young = 0;
        int full = 0;
        var first = new List<CollectionStep>();
        Timestamp lastYoung = now;
        TimeSpan longest = TimeSpan.Zero;
        for (int millisecond = 0; millisecond < 600_000; millisecond++, now += TimeSpan.FromMilliseconds(1))
        {
            CollectionStep step = policy.Next(leaks: 5, now);
            if (step is not CollectionStep.None && first.Count < 4)
            {
                first.Add(step);
            }

            if (step == CollectionStep.Young)
            {
                longest = now - lastYoung > longest ? now - lastYoung : longest;
                lastYoung = now;
            }

            young += step == CollectionStep.Young ? 1 : 0;
            full += step == CollectionStep.Full ? 1 : 0;
            if (step is CollectionStep.Young or CollectionStep.Full)
            {
                policy.OnDone(TimeSpan.FromMilliseconds(1), now);
            }
        }

        Assert.Equal([CollectionStep.Young, CollectionStep.Full, CollectionStep.GiveUp, CollectionStep.Young], first);
        Assert.InRange(young, 55, 65); // in ten minutes
        // Streams dropped by others are found well before their connection's idle time-out of 30 s ends it.
        Assert.InRange(longest, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(11));
        Assert.Equal(young, full);
    }

    [Fact]
    public void The_policy_is_hasty_while_it_helps_but_takes_no_more_than_half_of_the_time()
    {
        var policy = new CollectionPolicy();
        var now = new Timestamp(TimeSpan.TicksPerHour);
        TimeSpan configured = TimeSpan.FromMilliseconds(100);
        Assert.Equal(configured, policy.Patience(configured));
        int collections = 0;
        for (int millisecond = 0; millisecond < 10_000; millisecond++, now += TimeSpan.FromMilliseconds(1))
        {
            CollectionStep step = policy.Next(leaks: millisecond, now);
            Assert.True(step is CollectionStep.None or CollectionStep.Young);
            if (step == CollectionStep.Young)
            {
                collections++;
                policy.OnDone(TimeSpan.FromMilliseconds(5), now);
            }
        }

        Assert.InRange(collections, 1_000, 2_000);
        Assert.Equal(TimeSpan.FromMilliseconds(2), policy.Patience(configured));
    }

    /// <summary>Says hello and waits for an answer; the client's garbage collector gives it.</summary>
    private static async Task ServeAsync(QuicStream stream)
    {
        await stream.WriteAsync("hello from server"u8.ToArray(), completeWrites: true).Soon();
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, Loopback.StreamError, () => stream.ReadAsync(new byte[1]).AsTask());
        await stream.DisposeAsync().Soon();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task AcceptAndDropAsync(QuicConnection connection, int count, bool isReadFirst)
    {
        byte[] buffer = new byte[64];
        for (int i = 0; i < count; i++)
        {
            QuicStream stream = await connection.AcceptInboundStreamAsync().Soon();
            if (isReadFirst)
            {
                Assert.Equal(17, await stream.ReadAsync(buffer).Soon());
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task OpenAndDropAsync(QuicConnection connection)
    {
        QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await stream.WriteAsync(new byte[17], completeWrites: true).Soon();
    }

    private static async Task AcceptAndDisposeAsync(QuicConnection connection, int count)
    {
        for (int i = 0; i < count; i++)
        {
            QuicStream stream = await connection.AcceptInboundStreamAsync().Soon();
            _ = stream.DisposeAsync().AsTask();
        }
    }
}
