using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;
using Quiver.Protocol.Streams;
using Quiver.Protocol.TransportParameters;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;
using Quiver.Testing;

namespace Quiver.Simulation.Tests;

/// <summary>Streams: both halves' ends, credit that comes back, fairness, retransmission.</summary>
public sealed class StreamTests(ITestOutputHelper output)
{
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(10);

    public enum Ending
    {
        Fin,
        Reset,
        Stop,
        ResetAndStop,
        StopAndFin,
    }

    public static TheoryData<Ending> Endings => [.. Enum.GetValues<Ending>()];

    [Theory]
    [MemberData(nameof(Endings))]
    [Rfc(9000, "3.1")]
    [Rfc(9000, "3.2")]
    [Rfc(9000, "4.6")]
    public void Ten_thousand_streams_end_and_leave_nothing(Ending ending)
    {
        // Little credit of every kind: what does not come back is missed soon.
        var options = new SimServerOptions
        {
            Configure = settings => settings with
            {
                ConnectionReceiveWindow = 64 << 10,
                RemoteBidirectionalReceiveWindow = 16 << 10,
                MaxStreamReceiveWindow = 16 << 10,
                MaxInboundBidirectionalStreams = 20,
            },
        };
        using var world = new World(1, [new Loss(0.01), new Delay(s_delay)], [new Loss(0.01), new Delay(s_delay)], options);
        SimConnection client = Connect(world, settings => settings with { ConnectionReceiveWindow = 64 << 10 });
        SimConnection server = world.Server.Connections[0];
        server.OnOpened = (connection, state) =>
        {
            connection.Connection.OnStreamAccepted(state);
            var stream = new SimStream(connection, state);
            connection.Streams.Add(stream);
            stream.Send(500);
        };
        int opened = 0;
        int ended = 0;
        bool done = world.RunUntil(
            () =>
            {
                while (opened < 10_000 && client.Connection.TryOpenStream(StreamDirection.Bidirectional, out QuicStreamState? state))
                {
                    opened++;
                    var stream = new SimStream(client, state!);
                    client.Streams.Add(stream);
                    stream.Send(700, finish: ending is Ending.Fin or Ending.Stop or Ending.StopAndFin);
                    stream.Act();
                    End(stream, ending);
                }

                ended += client.Streams.RemoveAll(stream => stream.IsFreed);
                server.Streams.RemoveAll(stream => stream.IsFreed);
                return ended == 10_000 && server.Connection.StreamCount == 0;
            },
            TimeSpan.FromHours(1));
        Assert.True(done, $"{opened} opened, {ended} ended, {client.Connection.StreamCount} and {server.Connection.StreamCount} left; {client.Closed} {server.Closed}");
        Assert.Equal(0, client.Connection.StreamCount);
        Assert.Equal(10_000UL, world.Server.Connections[0].Connection.OpenedByPeer(StreamDirection.Bidirectional));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Rfc(9000, "4.6")]
    public void One_stream_that_ends_lets_a_peer_at_its_limit_open_another(bool peerSaysItIsBlocked)
    {
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)]);
        SimConnection client = Connect(world);
        for (int i = 0; i < 100; i++)
        {
            client.Open().Send(100, finish: false);
        }

        if (peerSaysItIsBlocked)
        {
            Assert.False(client.Connection.TryOpenStream(StreamDirection.Bidirectional, out _));
        }

        world.Run(10 * s_delay);
        client.Streams[0].Send(0);
        world.Server.Connections[0].Streams[0].Send(0);
        world.Run(TimeSpan.FromSeconds(1));
        Assert.True(client.Streams[0].IsFreed);
        Assert.True(client.Connection.TryOpenStream(StreamDirection.Bidirectional, out _));
    }

    [Fact, Rfc(9000, "4.1")]
    public void Stream_that_is_read_ends_though_another_holds_most_of_the_connections_credit()
    {
        var options = new SimServerOptions { Configure = settings => settings with { ConnectionReceiveWindow = 64 << 10, MaxStreamReceiveWindow = 32 << 10 } };
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)], options);
        SimConnection client = Connect(world);
        SimConnection server = world.Server.Connections[0];
        server.OnOpened = (connection, state) =>
        {
            connection.Connection.OnStreamAccepted(state);
            connection.Streams.Add(new SimStream(connection, state) { IsReading = state.Id.Value != 0 });
        };
        client.Open().Send(40_000, finish: false);
        world.Run(10 * s_delay);
        client.Open().Send(200_000);
        Assert.True(world.RunUntil(() => server.Streams.Count == 2 && server.Streams[1].IsEnded, TimeSpan.FromMinutes(1)), $"{server.Streams[1].Received} bytes came");
    }

    [Fact, Rfc(9000, "4.1")]
    public void Stream_that_is_reset_no_longer_waits_for_the_connections_credit()
    {
        var context = new StreamContext(0)
        {
            MaxReceiveWindow = 0,
            Rtt = new RttEstimator(),
            MaxStreamReceiveWindow = 0,
        };
        _ = new StreamTable(EndpointRole.Client, context, new TransportParameterSet(), _ => { });
        var stream = new QuicStreamState(StreamId.From(EndpointRole.Client, StreamDirection.Unidirectional, 0), context, 100, null);
        stream.Send!.Write([1, 2, 3]);
        var packet = new PacketBuilder(new byte[100], new SentPacketLog(), EncryptionLevel.Application, default);
        context.Scheduler.WriteFrames(ref packet);
        Assert.True(context.Scheduler.IsBlockedByConnection);
        stream.Send.Reset(1);
        Assert.False(context.Scheduler.IsBlockedByConnection);
    }

    [Fact, Rfc(9000, "19.14")]
    public void Lost_report_of_being_blocked_is_repeated_though_the_application_tries_again()
    {
        var limit = new OutgoingStreamLimit();
        limit.Raise(1);
        Assert.True(limit.TryOpen(out _));
        Assert.False(limit.TryOpen(out _));
        Assert.True(limit.IsBlockedReportDue);
        limit.OnBlockedReported();
        Assert.False(limit.TryOpen(out _));
        Assert.False(limit.IsBlockedReportDue);
        limit.OnBlockedReportLost(1);
        Assert.False(limit.TryOpen(out _));
        Assert.True(limit.IsBlockedReportDue);
    }

    [Fact, Rfc(9000, "4.6")]
    public void Stream_that_nobody_accepts_gives_no_credit_back()
    {
        var options = new SimServerOptions { Configure = settings => settings with { MaxInboundUnidirectionalStreams = 5 } };
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)], options);
        SimConnection client = Connect(world);
        SimConnection server = world.Server.Connections[0];
        List<QuicStreamState> unaccepted = [];
        server.OnOpened = (_, state) => unaccepted.Add(state);
        for (int i = 0; i < 5; i++)
        {
            client.Open(StreamDirection.Unidirectional).Send(10);
        }

        world.Run(20 * s_delay);
        Assert.Equal(5, unaccepted.Count);
        Assert.Equal(0, server.Connection.StreamCount);
        Assert.False(client.Connection.TryOpenStream(StreamDirection.Unidirectional, out _));
        unaccepted.ForEach(server.Connection.OnStreamAccepted);
        world.Run(4 * s_delay);
        Assert.True(client.Connection.TryOpenStream(StreamDirection.Unidirectional, out _));
        Assert.Equal(10UL, client.Credit[(int)StreamDirection.Unidirectional]);
    }

    [Fact, Rfc(9000, "2.3")]
    public void Streams_share_the_connection_evenly()
    {
        using var world = new World(1, [new RateLimit(20e6, 200_000), new Delay(s_delay)], [new Delay(s_delay)]);
        SimConnection client = Connect(world);
        SimConnection server = world.Server.Connections[0];
        for (int i = 0; i < 10; i++)
        {
            client.Open().Send(2_000_000);
        }

        Assert.True(world.RunUntil(() => server.Streams.Sum(stream => (long)stream.Received) > 10_000_000, TimeSpan.FromMinutes(2)));
        output.WriteLine(string.Join(' ', server.Streams.Select(stream => stream.Received)));
        Assert.All(server.Streams, stream => Assert.InRange(stream.Received, 850_000UL, 1_150_000UL));
    }

    [Fact, Rfc(9000, "4.1")]
    public void Stream_that_is_not_read_stops_at_its_window_and_holds_nobody_else_up()
    {
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)]);
        SimConnection client = Connect(world);
        SimConnection server = world.Server.Connections[0];
        server.OnOpened = (connection, state) =>
        {
            connection.Connection.OnStreamAccepted(state);
            connection.Streams.Add(new SimStream(connection, state) { IsReading = state.Id.Value != 0 });
        };
        client.Open().Send(1_000_000);
        client.Open().Send(1_000_000);
        world.Run(TimeSpan.FromSeconds(5));
        Assert.Equal(64 << 10, server.Streams[0].State.Receive!.Available);
        Assert.Equal(1_000_000UL, server.Streams[1].Received);
        server.Streams[0].IsReading = true;
        Assert.True(world.RunUntil(() => server.Streams[0].IsEnded, TimeSpan.FromSeconds(10)));
    }

    [Fact, Rfc(9000, "4.1")]
    public void Connection_window_is_shared_and_lost_data_needs_no_new_credit()
    {
        var options = new SimServerOptions
        {
            Configure = settings => settings with { ConnectionReceiveWindow = 32 << 10, MaxStreamReceiveWindow = 16 << 10 },
        };
        using var world = new World(3, [new Loss(0.1), new Delay(s_delay)], [new Loss(0.1), new Delay(s_delay)], options);
        SimConnection client = Connect(world);
        for (int i = 0; i < 8; i++)
        {
            client.Open().Send(200_000);
        }

        SimConnection server = world.Server.Connections[0];
        Assert.True(
            world.RunUntil(() => server.Streams.Count == 8 && server.Streams.All(stream => stream.IsEnded), TimeSpan.FromMinutes(10)),
            string.Join(' ', server.Streams.Select(stream => stream.Received)));
    }

    [Fact, Rfc(9000, "4.2")]
    public void Windows_grow_with_what_is_read()
    {
        // 64 KiB a round trip of 200 ms would be 0.3 MB/s; the link carries 12.
        using var world = new World(1, [new RateLimit(100e6, 4_000_000), new Delay(10 * s_delay)], [new Delay(10 * s_delay)]);
        SimConnection client = Connect(world);
        client.Open().Send(50_000_000);
        Timestamp start = world.Now;
        SimConnection server = world.Server.Connections[0];
        Assert.True(world.RunUntil(() => server.Streams is [{ IsEnded: true }], TimeSpan.FromMinutes(2)));
        Assert.InRange((world.Now - start).TotalSeconds, 4, 12);
    }

    [Fact, Rfc(9000, "13.3")]
    public void Only_what_was_lost_is_sent_again()
    {
        using var world = new World(1, [new Loss(0.05), new Delay(s_delay)], [new Delay(s_delay)]);
        SimConnection client = Connect(world);
        long bytes = 0;
        world.OnSent = (from, datagram) => bytes += from == world.Client ? datagram.Bytes.Length : 0;
        client.Open().Send(5_000_000);
        Assert.True(world.RunUntil(() => client.Streams[0].IsSendFinished, TimeSpan.FromMinutes(10)));
        Assert.InRange(bytes / 5_000_000.0, 1.05, 1.13);
    }

    [Fact, Rfc(9000, "4.1")]
    public void Unread_bytes_of_a_stopped_stream_give_their_connection_credit_back()
    {
        var options = new SimServerOptions { Configure = settings => settings with { ConnectionReceiveWindow = 64 << 10 } };
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)], options);
        SimConnection client = Connect(world);
        SimConnection server = world.Server.Connections[0];
        server.OnOpened = (connection, state) =>
        {
            connection.Connection.OnStreamAccepted(state);
            connection.Streams.Add(new SimStream(connection, state) { IsReading = false });
        };
        for (int i = 0; i < 20; i++)
        {
            client.Open().Send(60_000, finish: i % 2 == 0);
            Assert.True(world.RunUntil(() => server.Streams.Count == i + 1 && server.Streams[i].State.Receive!.Available > 30_000, TimeSpan.FromSeconds(5)), $"{i}");
            server.Streams[i].State.Receive!.Stop(1);
        }
    }

    private static void End(SimStream stream, Ending ending)
    {
        if (ending is Ending.Reset or Ending.ResetAndStop)
        {
            stream.State.Send!.Reset(1);
        }

        if (ending is Ending.Stop or Ending.ResetAndStop or Ending.StopAndFin)
        {
            stream.State.Receive!.Stop(2);
        }
    }

    private static SimConnection Connect(
        World world, Func<Protocol.Connections.ConnectionSettings, Protocol.Connections.ConnectionSettings>? configure = null)
    {
        SimConnection client = world.Client.Connect(configure);
        Assert.True(world.RunUntil(() => client.IsConnected && world.Server.Connections is [{ IsConnected: true }], TimeSpan.FromMinutes(1)));
        return client;
    }
}
