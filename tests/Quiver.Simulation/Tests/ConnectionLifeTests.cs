using Quiver.Protocol.Congestion;
using Quiver.Protocol.ConnectionIds;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;
using Quiver.Simulation.Attack;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;
using Quiver.Testing;

namespace Quiver.Simulation.Tests;

/// <summary>How connections begin, idle and end.</summary>
public sealed class ConnectionLifeTests
{
    [Theory, Rfc(9000, "10.2")]
    [InlineData(0.0, 1)]
    [InlineData(0.1, 2)]
    [InlineData(0.1, 3)]
    public void Close_waits_until_what_was_written_is_delivered(double loss, int seed)
    {
        using var world = new World(
            seed, [new Loss(loss), new RateLimit(5e6, 100_000), new Delay(TimeSpan.FromMilliseconds(20))], [new Loss(loss), new Delay(TimeSpan.FromMilliseconds(20))]);
        SimConnection client = world.Client.Connect();
        Assert.True(world.RunUntil(() => client.IsConnected && world.Server.Connections is [{ IsConnected: true }], TimeSpan.FromMinutes(1)));
        SimConnection server = world.Server.Connections[0];
        client.Open().Send(60_000);
        client.Open().Send(50_000, finish: false);
        client.Act();
        client.Connection.CloseWhenFlushed(7, world.Now + TimeSpan.FromMinutes(5), world.Now);
        Assert.Null(client.Closed);
        Assert.True(world.RunUntil(() => server.Closed is not null, TimeSpan.FromMinutes(1)), $"seed {seed}");
        Assert.Equal((CloseKind.PeerApplication, 7UL), (server.Closed!.Kind, server.Closed.Code));
        Assert.Equal([50_000UL, 60_000UL], server.Streams.Select(stream => stream.Received).Order());
        Assert.Contains(server.Streams, stream => stream.IsEnded);
    }

    [Fact, Rfc(9000, "10.2")]
    public void Close_does_not_wait_for_a_peer_that_does_not_read_beyond_its_limit()
    {
        using var world = new World(1, [new Delay(TimeSpan.FromMilliseconds(20))], [new Delay(TimeSpan.FromMilliseconds(20))]);
        SimConnection client = world.Client.Connect();
        Assert.True(world.RunUntil(() => client.IsConnected && world.Server.Connections is [{ IsConnected: true }], TimeSpan.FromMinutes(1)));
        SimConnection server = world.Server.Connections[0];
        server.OnOpened = (connection, state) => connection.Streams.Add(new SimStream(connection, state) { IsReading = false });
        client.Open().Send(100_000);
        world.Run(TimeSpan.FromSeconds(1));
        Timestamp start = world.Now;
        client.Connection.CloseWhenFlushed(7, start + TimeSpan.FromSeconds(5), start);
        Assert.True(world.RunUntil(() => client.Closed is not null, TimeSpan.FromMinutes(1)));
        Assert.Equal(TimeSpan.FromSeconds(5), world.Now - start);
    }

    [Fact]
    public void Close_with_nothing_to_deliver_is_at_once()
    {
        using var world = new World(1, [new Delay(TimeSpan.FromMilliseconds(20))], [new Delay(TimeSpan.FromMilliseconds(20))]);
        SimConnection client = world.Client.Connect();
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromMinutes(1)));
        client.Connection.CloseWhenFlushed(7, Timestamp.Never, world.Now);
        Assert.NotNull(client.Closed);
    }

    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(20);

    [Fact, Rfc(9000, "8.1")]
    public void Server_sends_at_most_three_times_what_it_received_before_the_address_is_validated()
    {
        long received = 0;
        long sent = 0;
        bool validated = false;
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)], new SimServerOptions { Certificate = TestIdentity.Long });
        world.OnSent = (from, datagram) =>
        {
            if (from == world.Client)
            {
                received += datagram.Bytes.Length;
                validated |= TypesOf(datagram.Bytes).Contains(PacketType.Handshake);
            }
            else
            {
                sent += datagram.Bytes.Length;
                Assert.True(validated || sent <= 3 * received, $"{sent} bytes sent for {received} received");
            }
        };
        SimConnection client = world.Client.Connect();
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(10)));
        Assert.True(sent > 10_000);
    }

    [Fact, Rfc(9000, "14.1")]
    public void Datagrams_with_client_initials_have_1200_bytes_or_more()
    {
        using var world = new World(1, [new Loss(0.2), new Delay(s_delay)], [new Loss(0.2), new Delay(s_delay)]);
        world.OnSent = (from, datagram) => Assert.True(
            from != world.Client || !TypesOf(datagram.Bytes).Contains(PacketType.Initial) || datagram.Bytes.Length >= 1200);
        Transfer.Run(world, 10_000, TimeSpan.FromMinutes(5));
    }

    [Fact, Rfc(9000, "14.1")]
    public void Client_that_rejects_the_certificate_sends_no_small_datagram_with_an_initial()
    {
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)]);
        world.OnSent = (from, datagram) => Assert.True(
            from != world.Client || !TypesOf(datagram.Bytes).Contains(PacketType.Initial) || datagram.Bytes.Length >= 1200);
        SimConnection client = world.Client.Connect();
        client.Verdict = TlsAlert.BadCertificate;
        Assert.True(world.RunUntil(() => world.Server.Connections is [{ Closed: not null }], TimeSpan.FromSeconds(10)));
        Assert.Equal(CloseKind.PeerTransport, world.Server.Connections[0].Closed!.Kind);
    }

    [Fact, Rfc(9000, "17.2.2")]
    public void Initial_of_a_server_with_a_token_is_dropped()
    {
        using var world = new StagedWorld(1, Stage.ServerAnswered);
        PacketForge forge = PacketForge.For(world, EndpointRole.Server);
        world.Receive(false, forge.Make(EncryptionLevel.Initial, [1], token: [1, 2, 3])!);
        Assert.False(world.Client.Connection.HasSeenPeer);
        world.Receive(false, forge.Make(EncryptionLevel.Initial, [1])!);
        Assert.True(world.Client.Connection.HasSeenPeer);
    }

    [Fact, Rfc(9000, "13.2.4")]
    public void Peer_that_acknowledges_nothing_gets_no_more_than_so_many_acks()
    {
        using var world = new StagedWorld(1, Stage.Established);
        PacketForge forge = PacketForge.For(world, EndpointRole.Client);
        SimConnection server = world.Server!;
        world.World.OnSent = null;
        for (int i = 0; i < 3 * DatagramBuilder.MaxUnsettled; i++)
        {
            world.Receive(true, forge.Make(EncryptionLevel.Application, [1])!);
        }

        Assert.Null(server.Closed);
        Assert.InRange(server.Connection.UnsettledPackets, 1, DatagramBuilder.MaxUnsettled + 1000);
    }

    [Fact, Rfc(9000, "5.1.2")]
    public void Retirement_that_is_acknowledged_twice_counts_once()
    {
        var ids = new PeerConnectionIds(new ConnectionId(new byte[8]), default, (_, _) => { }, _ => { });
        ulong sequence = 1;
        for (; sequence <= 10; sequence++)
        {
            Retire(sequence);
            ids.OnAcked(new SentFrame(ids, FrameType.RetireConnectionId, sequence - 1));
            ids.OnAcked(new SentFrame(ids, FrameType.RetireConnectionId, sequence - 1));
        }

        for (int i = 0; i < PeerConnectionIds.MaxRetiring; i++)
        {
            Retire(sequence++);
        }

        Assert.Throws<TransportException>(() => Retire(sequence));

        void Retire(ulong number)
        {
            byte[] id = new byte[8];
            id[0] = (byte)number;
            ids.OnNewConnectionId(new NewConnectionIdFrame(number, number, new ConnectionId(id), StatelessResetToken.Read(new byte[16])));
        }
    }

    // A repetition may raise Retire Prior To when its id is another path's already.
    [Fact, Rfc(9000, "5.1.2"), Rfc(9000, "19.15")]
    public void Path_in_use_waits_for_the_next_id_when_another_path_has_the_last()
    {
        var ids = new PeerConnectionIds(new ConnectionId(new byte[8]), default, (_, _) => { }, _ => { });
        ids.OnNewConnectionId(NewId(1, 0));
        UsedPeerId other = ids.TryTake(PathAddress.FromIPv4(0x0B000001, 1), replace: false)!;
        ids.OnNewConnectionId(NewId(1, 1));
        Assert.False(other.IsRetired);
        Assert.False(ids.TryRenew(ids.Active, replace: false));
        ids.OnNewConnectionId(NewId(2, 2));
        Assert.True(ids.TryRenew(ids.Active, replace: false));
        Assert.False(ids.TryRenew(other, replace: false));

        static NewConnectionIdFrame NewId(byte number, ulong retirePriorTo) =>
            new(number, retirePriorTo, new ConnectionId([number, 1, 2, 3]), StatelessResetToken.Read(new byte[16]));
    }

    [Fact, Rfc(9000, "19.15")]
    public void Connection_id_that_comes_after_it_was_retired_is_retired_once()
    {
        var ids = new PeerConnectionIds(new ConnectionId(new byte[8]), default, (_, _) => { }, _ => { });
        ids.OnNewConnectionId(NewId(2, 2));
        Assert.Equal([0UL], Retired());
        ids.OnNewConnectionId(NewId(1, 0));
        Assert.Equal([1UL], Retired());
        ids.OnNewConnectionId(NewId(1, 0));
        Assert.Equal([], Retired());

        // A repetition may raise Retire Prior To.
        ids.OnNewConnectionId(NewId(3, 2));
        ids.OnNewConnectionId(NewId(3, 3));
        Assert.Equal([2UL], Retired());

        static NewConnectionIdFrame NewId(byte number, ulong retirePriorTo) =>
            new(number, retirePriorTo, new ConnectionId([number, 1, 2, 3]), StatelessResetToken.Read(new byte[16]));

        List<ulong> Retired()
        {
            var log = new SentPacketLog();
            var packet = new PacketBuilder(new byte[100], log, EncryptionLevel.Application, default);
            ids.WriteFrames(ref packet);
            List<ulong> numbers = [];
            for (ulong i = 0; i < log.FrameMark; i++)
            {
                numbers.Add(log.Frame(i).Id);
            }

            return numbers;
        }
    }

    [Fact, Rfc(9002, "6.3")]
    public void Retry_ends_the_back_off()
    {
        var detector = new LossDetector(EndpointRole.Client, new Pacer(1200)) { Congestion = new Cubic(1200) };
        var now = new Timestamp(TimeSpan.FromHours(1).Ticks);
        TimeSpan first = Send();
        for (int i = 0; i < 3; i++)
        {
            now = detector.NextTimeout();
            detector.OnTimeout(now);
            Assert.True(Send() > first);
        }

        detector.ForgetSent(PacketNumberSpace.Initial);
        Assert.Equal(first, Send());

        TimeSpan Send()
        {
            detector.OnPacketSent(
                PacketNumberSpace.Initial, detector.Space(PacketNumberSpace.Initial).Log.FrameMark, 1200, true, true, EcnCodepoint.NotEct, now);
            return detector.NextTimeout() - now;
        }
    }

    [Fact, Rfc(9000, "14.1")]
    public void Initial_in_a_small_datagram_makes_no_connection()
    {
        using var world = new StagedWorld(1, Stage.Fresh);
        byte[] initial = world.ToServer[0].Bytes;
        Assert.True(PacketHeader.TryRead(initial, 8, out PacketHeader header));
        world.Receive(true, initial[..Math.Min(header.Length, 1199)]);
        Assert.Null(world.Server);
    }

    [Fact, Rfc(9000, "10.1")]
    public void Idle_connection_ends_silently_after_the_smaller_of_both_time_outs()
    {
        var options = new SimServerOptions { Configure = settings => settings with { IdleTimeout = TimeSpan.FromSeconds(5) } };
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)], options);
        SimConnection client = Connect(world);
        SimConnection server = world.Server.Connections[0];
        world.Run(TimeSpan.FromSeconds(1));
        int sent = world.SentBy(world.Client) + world.SentBy(world.Server);
        Assert.False(world.RunUntil(() => client.Closed is not null, TimeSpan.FromSeconds(3.5)));
        Assert.True(world.RunUntil(() => client.IsDrained && server.IsDrained, TimeSpan.FromSeconds(3)));
        Assert.Equal(CloseKind.IdleTimeout, client.Closed!.Kind);
        Assert.Equal(CloseKind.IdleTimeout, server.Closed!.Kind);
        Assert.Equal(sent, world.SentBy(world.Client) + world.SentBy(world.Server));
        Assert.Equal(0, world.Client.Routing.Count);
        Assert.Equal(0, world.Server.Routing.Count);
    }

    [Fact, Rfc(9000, "10.1")]
    public void Sending_alone_puts_the_idle_time_out_off_once()
    {
        bool isCut = false;
        using var world = new World(1, [new Drop(_ => isCut), new Delay(s_delay)], [new Drop(_ => isCut), new Delay(s_delay)]);
        SimConnection client = world.Client.Connect(x => x with { IdleTimeout = TimeSpan.FromSeconds(30) });
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(1)));
        world.Run(TimeSpan.FromSeconds(2));
        isCut = true;
        world.Run(TimeSpan.FromSeconds(10));

        // The first packet after the last that came begins the time anew; those that follow do not.
        Timestamp first = world.Now;
        for (int i = 0; i < 29; i++)
        {
            client.Open().Send(10);
            world.Run(TimeSpan.FromSeconds(1));
            Assert.Null(client.Closed);
        }

        Assert.True(world.RunUntil(() => client.Closed is not null, TimeSpan.FromSeconds(2)));
        Assert.Equal(CloseKind.IdleTimeout, client.Closed!.Kind);
        Assert.InRange((world.Now - first).TotalSeconds, 29.99, 30.01);
    }

    [Fact, Rfc(9000, "10.1.2")]
    public void Keep_alive_holds_an_idle_connection_open()
    {
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)]);
        SimConnection client = world.Client.Connect(
            settings => settings with { IdleTimeout = TimeSpan.FromSeconds(5), KeepAliveInterval = TimeSpan.FromSeconds(2) });
        Assert.False(world.RunUntil(() => client.Closed is not null, TimeSpan.FromMinutes(10)));
        Assert.True(client.IsConnected);
        Assert.InRange(world.SentBy(world.Client), 250, 700);
    }

    // Each PING would begin the probe time-out anew, and what was lost would be lost for good.
    [Fact, Rfc(9000, "10.1.2"), Rfc(9002, "6.2.1")]
    public void Keep_alive_more_often_than_the_probe_time_out_does_not_put_it_off()
    {
        bool isCut = false;
        using var world = new World(1, [new Drop(_ => isCut), new Delay(s_delay)], [new Delay(s_delay)]);
        SimConnection client = world.Client.Connect(settings => settings with { KeepAliveInterval = TimeSpan.FromMilliseconds(5) });
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(1)));
        world.Run(TimeSpan.FromSeconds(1));
        isCut = true;
        client.Open().Send(10);
        world.Run(TimeSpan.FromMilliseconds(5));
        isCut = false;
        Assert.True(world.RunUntil(() => world.Server.Connections[0].Streams is [{ Received: 10 }], TimeSpan.FromSeconds(1)));
    }

    [Fact, Rfc(9000, "10.1")]
    public void Connection_to_nobody_ends_by_the_handshake_time_out()
    {
        using var world = new World(1, [new Loss(1)], [new Delay(s_delay)]);
        SimConnection client = world.Client.Connect(settings => settings with { HandshakeTimeout = TimeSpan.FromSeconds(10) });
        Assert.True(world.RunUntil(() => client.IsDrained, TimeSpan.FromMinutes(1)));
        Assert.Equal(CloseKind.HandshakeTimeout, client.Closed!.Kind);
        Assert.InRange(world.SentBy(world.Client), 3, 15);
    }

    [Fact, Rfc(9000, "10.2")]
    public void Close_reaches_the_peer_and_both_ends_forget_the_connection()
    {
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)]);
        SimConnection client = Connect(world);
        SimConnection server = world.Server.Connections[0];
        client.Connection.Close(42, "bye", world.Now);
        Assert.Equal(new CloseReason(CloseKind.LocalApplication, 42, 0, "bye"), client.Closed);
        Assert.True(world.RunUntil(() => server.Closed is not null, 2 * s_delay));
        Assert.Equal(new CloseReason(CloseKind.PeerApplication, 42, 0, "bye"), server.Closed);
        Assert.True(world.RunUntil(() => client.IsDrained && server.IsDrained, TimeSpan.FromSeconds(5)));
        Assert.Equal(0, world.Client.Routing.Count + world.Server.Routing.Count);
    }

    [Fact, Rfc(9000, "10.2.3")]
    public void Application_close_before_the_handshake_hides_its_code()
    {
        using var world = new World(1, [new Delay(s_delay)], [new Loss(1)]);
        SimConnection client = world.Client.Connect();
        world.Run(2 * s_delay);
        client.Connection.Close(42, "secret", world.Now);
        SimConnection server = world.Server.Connections[0];
        Assert.True(world.RunUntil(() => server.Closed is not null, 2 * s_delay));
        Assert.Equal(new CloseReason(CloseKind.PeerTransport, (ulong)TransportErrorCode.ApplicationError, 0, string.Empty), server.Closed);
    }

    [Fact, Rfc(9000, "10.2.1")]
    public void Lost_close_is_repeated_when_the_peer_goes_on_but_ever_more_rarely()
    {
        bool cut = false;
        using var world = new World(1, [new Delay(s_delay)], [new Drop(_ => cut), new Delay(s_delay)]);
        SimConnection client = Connect(world);
        SimConnection server = world.Server.Connections[0];
        cut = true;
        server.Connection.Close(1, "gone", world.Now);
        world.Run(TimeSpan.FromMilliseconds(1));
        cut = false;
        int before = world.SentBy(world.Server);
        client.Open().Send(200_000);
        Assert.True(world.RunUntil(() => client.Closed is not null, 3 * s_delay));
        Assert.Equal(CloseKind.PeerApplication, client.Closed!.Kind);

        // Ten datagrams were under way; at most the 1st, 3rd and 7th are answered.
        Assert.InRange(world.SentBy(world.Server) - before, 1, 3);
    }

    [Fact, Rfc(9001, "4.9")]
    public void Initial_and_handshake_packets_stop_once_the_handshake_is_confirmed()
    {
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)]);
        SimConnection client = Connect(world);
        world.Run(10 * s_delay);
        world.OnSent = (_, datagram) => Assert.Equal([PacketType.OneRtt], TypesOf(datagram.Bytes));
        client.Open().Send(100_000);
        world.Run(TimeSpan.FromSeconds(2));
        Assert.Equal(100_000UL, world.Server.Connections[0].Streams[0].Received);
    }

    [Fact, Rfc(9000, "6.1")]
    public void Unknown_version_is_answered_by_the_versions_that_we_speak()
    {
        using var world = new World(1, [], []);
        byte[] initial = new byte[1200];
        initial[0] = 0xC0;
        initial[1] = 0x1A;
        initial[5] = 25;
        initial[31] = 3;
        byte[]? answer = null;
        world.OnSent = (from, datagram) => answer = datagram.Bytes;
        world.Inject(world.Server, initial, new DatagramArrival(world.Server.Address, world.Client.Address, EcnCodepoint.NotEct));
        world.Run(s_delay);
        Assert.NotNull(answer);
        Assert.Equal(3, answer[5]);
        Assert.True(VersionNegotiationPacket.TryRead(answer.AsSpan(5 + 1 + 3 + 1 + 25), out uint[] versions));
        Assert.Contains((uint)QuicVersion.V1, versions);
        answer = null;
        world.Inject(world.Server, initial[..1199], new DatagramArrival(world.Server.Address, world.Client.Address, EcnCodepoint.NotEct));
        initial[1] = 0;
        world.Inject(world.Server, initial, new DatagramArrival(world.Server.Address, world.Client.Address, EcnCodepoint.NotEct));
        world.Run(s_delay);
        Assert.Null(answer);
    }

    [Fact, Rfc(9000, "6.2")]
    public void Client_gives_up_when_the_server_offers_no_version_that_it_speaks()
    {
        using var world = new StagedWorld(1, Stage.Fresh);
        Assert.True(PacketHeader.TryRead(world.ToServer[0].Bytes, 8, out PacketHeader header));
        byte[] none = [0x80, 0, 0, 0, 0, 8, .. header.Source.Span, 8, .. header.Destination.Span, 0x1A, 0x2A, 0x3A, 0x4A];
        world.Receive(false, [.. none, 0, 0, 0, 1]);
        Assert.Null(world.Client.Closed);
        world.Receive(false, none);
        Assert.Equal(CloseKind.VersionNegotiation, world.Client.Closed!.Kind);
    }

    [Fact, Rfc(9000, "17.2.5.2")]
    public void Client_follows_one_genuine_retry()
    {
        using var world = new StagedWorld(1, Stage.Fresh);
        Assert.True(PacketHeader.TryRead(world.ToServer[0].Bytes, 8, out PacketHeader header));
        ConnectionId original = header.Destination;
        byte[] retry = [0xF0, 0, 0, 0, 1, 8, .. header.Source.Span, 4, 9, 9, 9, 9, .. "token"u8];
        byte[] tag = new byte[16];
        int sent = world.ToServer.Count;
        world.Receive(false, [.. retry, .. tag]);
        Assert.Equal(sent, world.ToServer.Count);
        RetryIntegrity.ComputeTag(QuicVersion.V1, original.Span, retry, tag);
        world.Receive(false, [.. retry, .. tag]);
        Assert.True(world.ToServer.Count > sent);
        Assert.True(PacketHeader.TryRead(world.ToServer[sent].Bytes, 8, out PacketHeader again));
        Assert.Equal([9, 9, 9, 9], again.Destination.Span.ToArray());
        Assert.Equal("token"u8.ToArray(), again.Token.ToArray());
        sent = world.ToServer.Count;
        world.Receive(false, [.. retry, .. tag]);
        Assert.Equal(sent, world.ToServer.Count);
    }

    [Fact, Rfc(9000, "17.2.5.2")]
    public void Retry_after_another_packet_is_ignored()
    {
        using var world = new StagedWorld(1, Stage.ServerAnswered);
        Assert.True(PacketHeader.TryRead(world.ToServer[0].Bytes, 8, out PacketHeader header));
        byte[] retry = [0xF0, 0, 0, 0, 1, 8, .. header.Source.Span, 8, 9, 9, 9, 9, 9, 9, 9, 9, .. "token"u8];
        byte[] tag = new byte[16];
        RetryIntegrity.ComputeTag(QuicVersion.V1, header.Destination.Span, retry, tag);
        world.Receive(false, world.ToClient[0].Bytes);
        Assert.True(world.Client.Connection.HasSeenPeer);
        world.Receive(false, [.. retry, .. tag]);
        Assert.False(world.Client.Connection.IsRetried);
        Assert.True(world.World.RunUntil(() => world.Client.IsConnected, TimeSpan.FromSeconds(5)));
    }

    [Fact, Rfc(9000, "12.2")]
    public void Packets_in_one_datagram_are_for_one_id_and_what_follows_them_does_no_harm()
    {
        using var world = new StagedWorld(1, Stage.ServerAnswered);
        Assert.True(PacketHeader.TryRead(world.ToServer[0].Bytes, 8, out PacketHeader header));
        ConnectionId original = header.Destination;
        ConnectionId source = header.Source;
        byte[] ping = PacketForge.For(world, EndpointRole.Client).Make(EncryptionLevel.Initial, [1])!;

        // Both ids are the server's, but they are not the same.
        byte[] close = ToOriginal([0x1C, 0, 0, 0]);
        world.Receive(true, [.. ping, .. close]);
        Assert.Null(world.Server!.Closed);
        long received = world.Server.Connection.Traffic.PacketsReceived;
        world.Receive(true, [.. Numbered(PacketForge.For(world, EndpointRole.Client), 2_000_000).Make(EncryptionLevel.Initial, [1, 1])!, 0xFF, 1, 2, 3]);
        Assert.Equal(received + 1, world.Server.Connection.Traffic.PacketsReceived);
        world.Receive(true, ToOriginal([0x1C, 0, 0, 0]));
        Assert.NotNull(world.Server.Closed);

        static PacketForge Numbered(PacketForge forge, ulong number)
        {
            forge.NextNumber = number;
            return forge;
        }

        byte[] ToOriginal(byte[] payload)
        {
            var forge = new PacketForge(
                EndpointRole.Client, original, source, _ => InitialKeys.Create(QuicVersion.V1, original.Span, EndpointRole.Client));
            return Numbered(forge, 3_000_000).Make(EncryptionLevel.Initial, payload)!;
        }
    }

    [Fact, Rfc(9000, "7.2")]
    public void Packets_from_another_source_id_than_the_first_are_dropped()
    {
        using var world = new StagedWorld(1, Stage.ServerAnswered);
        Assert.True(PacketHeader.TryRead(world.ToServer[0].Bytes, 8, out PacketHeader header));
        ConnectionId original = header.Destination;
        ConnectionId source = header.Source;
        byte[] close = [0x1C, 0, 0, 0];
        world.Receive(true, From(new ConnectionId([1, 2, 3, 4, 5, 6, 7, 8])));
        Assert.Null(world.Server!.Closed);
        world.Receive(true, From(source));
        Assert.NotNull(world.Server.Closed);

        byte[] From(ConnectionId id) => new PacketForge(
            EndpointRole.Client, original, id, _ => InitialKeys.Create(QuicVersion.V1, original.Span, EndpointRole.Client))
            .Make(EncryptionLevel.Initial, close)!;
    }

    [Fact, Rfc(9000, "7.3")]
    public void Server_that_did_not_see_our_connection_ids_is_not_believed()
    {
        // A Retry that the server never sent: its transport parameters lack retry_source_connection_id.
        using var world = new StagedWorld(1, Stage.Fresh);
        Assert.True(PacketHeader.TryRead(world.ToServer[0].Bytes, 8, out PacketHeader header));
        byte[] retry = [0xF0, 0, 0, 0, 1, 8, .. header.Source.Span, 8, 9, 9, 9, 9, 9, 9, 9, 9, .. "token"u8];
        byte[] tag = new byte[16];
        RetryIntegrity.ComputeTag(QuicVersion.V1, header.Destination.Span, retry, tag);
        world.Receive(false, [.. retry, .. tag]);
        Assert.True(world.World.RunUntil(() => world.Client.Closed is not null, TimeSpan.FromSeconds(5)));
        Assert.Equal((ulong)TransportErrorCode.TransportParameterError, world.Client.Closed!.Code);
    }

    [Fact, Rfc(9000, "10.3.1")]
    public void Stateless_reset_ends_the_connection_at_once()
    {
        using var world = new StagedWorld(1, Stage.Established);
        SimConnection server = world.Server!;
        byte[] token = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];

        // The client moves the server to an id with a known token.
        var writer = new Protocol.Buffers.PacketWriter(new byte[60]);
        new Protocol.Frames.NewConnectionIdFrame(9, 9, new ConnectionId([1, 2, 3, 4, 5, 6, 7, 8]), StatelessResetToken.Read(token)).Write(ref writer);
        world.Receive(true, PacketForge.For(world, EndpointRole.Client).Make(EncryptionLevel.Application, writer.Written)!);
        Assert.Null(server.Closed);
        byte[] reset = new byte[40];
        reset[0] = 0x40;
        token.CopyTo(reset, 24);
        int sent = world.ToClient.Count;
        world.Receive(true, reset);
        Assert.Equal(CloseKind.StatelessReset, server.Closed!.Kind);
        Assert.Equal(sent, world.ToClient.Count);
    }

    [Fact, Rfc(9001, "4.8")]
    public void Rejected_certificate_closes_with_the_alert()
    {
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)]);
        SimConnection client = world.Client.Connect();
        client.Verdict = TlsAlert.BadCertificate;
        Assert.True(world.RunUntil(() => client.Closed is not null, TimeSpan.FromSeconds(5)));
        Assert.Equal(TlsAlert.BadCertificate, client.Closed!.Alert);
        SimConnection server = world.Server.Connections[0];
        Assert.True(world.RunUntil(() => server.Closed is not null, TimeSpan.FromSeconds(5)));
        Assert.Equal(CloseKind.PeerTransport, server.Closed!.Kind);
        Assert.Equal(TlsAlert.BadCertificate, server.Closed!.Alert);
    }

    [Fact, Rfc(9000, "13.2.4")]
    public void End_that_only_acknowledges_does_not_remember_its_acks_for_ever()
    {
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)]);
        SimConnection client = Connect(world);
        SimStream stream = client.Open();
        for (int i = 0; i < 5000; i++)
        {
            stream.Send(1, finish: false);
            world.Run(3 * s_delay);
        }

        Assert.InRange(world.Server.Connections[0].Connection.UnsettledPackets, 0, 200);
        Assert.InRange(client.Connection.UnsettledPackets, 0, 10);
    }

    [Fact, Rfc(9001, "6.1"), Rfc(9001, "6.2")]
    public void Keys_change_in_the_middle_of_a_transfer_through_loss_and_reordering()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            INetworkNode[] Nodes() => [new Loss(0.02), new Reorder(0.05, s_delay), new Delay(s_delay)];
            using var world = new World(seed, Nodes(), Nodes());
            SimConnection client = Connect(world);
            SimConnection server = world.Server.Connections[0];
            SimStream stream = client.Open();
            stream.Send(3_000_000);
            int asked = 0;
            bool done = world.RunUntil(
                () =>
                {
                    if (stream.State.Send!.Buffered > 0 && client.Connection.KeyUpdates == server.Connection.KeyUpdates && asked == client.Connection.KeyUpdates)
                    {
                        asked++;
                        (asked % 2 == 0 ? client : server).Connection.UpdateKeys();
                        server.Streams.ForEach(other => other.Send(other.Sending + 1000, finish: false));
                    }

                    return stream.IsSendFinished;
                },
                TimeSpan.FromMinutes(5));
            Assert.True(done, $"seed {seed}: {client.Closed} {server.Closed}");
            Assert.InRange(client.Connection.KeyUpdates, 10, 1000);
        }
    }

    [Theory, Rfc(9001, "6.1"), Rfc(9001, "6.6")]
    [InlineData(0.0, 0)]
    [InlineData(0.02, 1)]
    [InlineData(0.02, 2)]
    public void Keys_change_by_the_number_of_packets_many_times_each_way(double loss, int seed)
    {
        INetworkNode[] Nodes() => [new Loss(loss), new Reorder(loss, s_delay), new RateLimit(20e6, 100_000), new Delay(s_delay)];
        using var world = new World(seed, Nodes(), Nodes(), new SimServerOptions { Configure = x => x with { MaxPacketsPerKey = 50 } });
        SimConnection client = world.Client.Connect(x => x with { MaxPacketsPerKey = 70 });
        Assert.True(world.RunUntil(() => client.IsConnected && world.Server.Connections is [{ IsConnected: true }], TimeSpan.FromMinutes(1)));
        SimConnection server = world.Server.Connections[0];
        SimStream up = client.Open();
        up.Send(12_000_000);
        Assert.True(world.RunUntil(() => server.Streams.Count > 0, TimeSpan.FromMinutes(1)));
        server.Streams[0].Send(12_000_000);
        Assert.True(world.RunUntil(() => up.IsEnded && server.Streams[0].IsEnded, TimeSpan.FromMinutes(10)), $"seed {seed}: {client.Closed} {server.Closed}");
        Assert.InRange(server.Connection.KeyUpdates, 11, 1000);
        Assert.InRange(Math.Abs(client.Connection.KeyUpdates - server.Connection.KeyUpdates), 0, 1);
    }

    [Fact, Rfc(9001, "6.6")]
    public void Forged_packets_do_not_move_the_keys()
    {
        using var world = new StagedWorld(1, Stage.Established);
        byte[] genuine = world.ToServer[^1].Bytes;
        for (int i = 0; i < 500; i++)
        {
            byte[] forged = [.. genuine];
            forged[0] ^= (byte)(i << 2);
            forged[^(1 + (i % 16))] ^= 1;
            world.Receive(true, forged);
        }

        Assert.Equal(0, world.Server!.Connection.KeyUpdates);
        world.Client.Open().Send(1000);
        Assert.True(world.World.RunUntil(() => world.Client.Streams[^1].IsSendFinished, TimeSpan.FromSeconds(10)));
    }

    [Fact, Rfc(9000, "13.4.2")]
    public void Marks_that_the_path_washes_out_are_given_up()
    {
        using var world = new World(1, [new EcnMark(0, bleach: true), new Delay(s_delay)], [new Delay(s_delay)]);
        int marked = 0;
        world.OnSent = (from, datagram) => marked += from == world.Client && datagram.Arrival.Ecn == EcnCodepoint.Ect0 ? 1 : 0;
        Transfer.Run(world, 500_000, TimeSpan.FromMinutes(1));
        Assert.InRange(marked, 1, 40);
    }

    [Fact, Rfc(9002, "7.1")]
    public void Congestion_marks_slow_the_sender_without_loss()
    {
        using var world = new World(1, [new EcnMark(0.05), new Delay(s_delay)], [new Delay(s_delay)]);
        TimeSpan marked = Transfer.Run(world, 2_000_000, TimeSpan.FromMinutes(5));
        using var clean = new World(1, [new Delay(s_delay)], [new Delay(s_delay)]);
        Assert.True(marked > 2 * Transfer.Run(clean, 2_000_000, TimeSpan.FromMinutes(5)));
    }

    private static SimConnection Connect(World world)
    {
        SimConnection client = world.Client.Connect();
        Assert.True(world.RunUntil(() => client.IsConnected && world.Server.Connections is [{ IsConnected: true }], TimeSpan.FromSeconds(10)));
        world.Run(4 * s_delay);
        return client;
    }

    private static List<PacketType> TypesOf(ReadOnlySpan<byte> datagram)
    {
        List<PacketType> types = [];
        while (!datagram.IsEmpty && PacketHeader.TryRead(datagram, 8, out PacketHeader header))
        {
            types.Add(header.Type);
            datagram = datagram[header.Length..];
        }

        return types;
    }
}
