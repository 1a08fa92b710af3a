namespace Quiver.Interop.Tests;

/// <summary>The program of quic-go's issue 4717 with quic-go at one end: whatever it or our application forgets, our end stays flat.</summary>
public sealed class MisuseTests
{
    private const int Streams = 3_000;
    private const int Limit = 100;

    /// <summary>What quic-go keeps for a stream whose read half nobody reads: more than this.</summary>
    private const int PeerBytesPerStream = 1_000;

    private static readonly TimeSpan s_stall = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData("close")]
    [InlineData("drop")]
    [InlineData("read-once")]
    [InlineData("dispose")]
    public async Task Our_client_takes_the_reports_server_in_each_way_and_keeps_nothing(string way)
    {
        await using OrderedPeer ordered = await OrderedPeer.StartAsync(PeerKind.QuicGo, Side.WeAreClient);
        await using (await ordered.OrderAsync($"spawn {Streams}"))
        {
            for (int i = 0; i < Streams; i++)
            {
                await HandleAsync(await ordered.Connection.AcceptInboundStreamAsync().Soon(), way);
                Assert.InRange(ordered.Connection.GetStatistics().StreamsActive, 0, (2 * Limit) + 1);
            }
        }

        string line = await ordered.Process.LineAsync($"spawned {Streams}");
        GC.Collect();
        GC.WaitForPendingFinalizers();
        await EmptyAsync(ordered.Connection);

        // Where we finish in order the peer's own end grows: it never reads its read halves, and keeps each for the life of the connection.
        // What our finalizers reset it forgets: its heap was 0.55 MB then.
        long heap = long.Parse(line.Split(' ')[^1]);
        Assert.True(heap > Streams * PeerBytesPerStream == (way is "close" or "dispose"), line);
    }

    [Fact]
    public async Task Streams_that_we_never_accept_hold_the_peer_at_our_limit()
    {
        await using OrderedPeer ordered = await OrderedPeer.StartAsync(PeerKind.QuicGo, Side.WeAreClient);
        await using QuicStream order = await ordered.OrderAsync($"spawn {Streams}");
        await Task.Delay(s_stall);
        QuicConnectionStatistics statistics = ordered.Connection.GetStatistics();
        Assert.Equal(Limit, statistics.CountStreams(QuicStreamHalves.NotAccepted));
        Assert.DoesNotContain("spawned", ordered.Process.Output(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Our_server_stays_at_the_limit_of_a_client_that_reads_once_and_closes()
    {
        await using OrderedPeer ordered = await OrderedPeer.StartAsync(PeerKind.QuicGo, Side.WeAreServer);
        await using (await ordered.OrderAsync("misuse"))
        {
        }

        List<QuicStream> kept = [];
        try
        {
            while (kept.Count < Streams)
            {
                using CancellationTokenSource stalled = new(s_stall);
                QuicStream stream = await ordered.Connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, stalled.Token);
                kept.Add(stream);
                await stream.WriteAsync("hello from server"u8.ToArray()).Soon();
                await Task.Yield();
                stream.CloseWrite();
                Assert.InRange(ordered.Connection.GetStatistics().StreamsActive, 0, Limit + 1);
            }
        }
        catch (OperationCanceledException)
        {
            // quic-go gives no credit back for a stream whose end its application has not seen: it stalls us at its limit.
            Assert.InRange(kept.Count, Limit - 1, Streams - 1);
        }

        await EmptyAsync(ordered.Connection);
    }

    private static async Task EmptyAsync(QuicConnection connection)
    {
        long end = Environment.TickCount64 + (long)Bounds.Limit.TotalMilliseconds;
        while (connection.GetStatistics().StreamsActive > 0 && Environment.TickCount64 < end)
        {
            await Task.Delay(10);
        }

        Assert.Empty(connection.GetStatistics().Streams);
    }

    private static async Task HandleAsync(QuicStream stream, string way)
    {
        if (way == "drop")
        {
            return;
        }

        Assert.Equal(17, await stream.ReadAsync(new byte[64]).Soon());
        switch (way)
        {
            case "close":
                stream.CloseWrite();
                break;
            case "dispose":
                await stream.DisposeAsync().Soon();
                break;
            default:
                break;
        }
    }
}
