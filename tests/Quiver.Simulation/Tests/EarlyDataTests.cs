using CsCheck;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Datagrams;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;
using Quiver.Simulation.Attack;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;
using Quiver.Testing;

namespace Quiver.Simulation.Tests;

/// <summary>0-RTT: data before the handshake, taken and refused. RFC 9001 §4.6.</summary>
public sealed class EarlyDataTests
{
    private const int IdLength = 8;

    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(20);

    [Fact]
    [Rfc(9001, "4.6")]
    public void Early_data_arrives_after_one_trip_and_its_stream_says_so()
    {
        using World world = CreateWorld();
        SimSession session = Sessions.Connect(world).Sessions[0];
        (SimConnection client, SimConnection server) = Start(world, session, 3000);
        Assert.Equal(EarlyDataState.Pending, client.Connection.EarlyData);
        Timestamp start = world.Now;
        Assert.True(world.RunUntil(() => server.Streams is [{ Received: 3000 }], TimeSpan.FromSeconds(1)));
        Assert.Equal(s_delay, world.Now - start + s_delay);
        Assert.False(server.Connection.IsHandshakeComplete);
        Assert.True(server.EarlyData);
        Assert.True(server.Streams[0].State.HasEarlyData);

        // 0.5-RTT: the server answers before the client's Finished.
        server.Streams[0].Send(5000);
        Assert.True(world.RunUntil(() => client.Streams[0].IsEnded, TimeSpan.FromSeconds(1)));
        Assert.Equal(s_delay, world.Now - start);
        Assert.True(client.EarlyData);
        Assert.Equal(EarlyDataState.Accepted, client.Connection.EarlyData);
        Assert.Equal(EarlyDataState.Accepted, server.Connection.EarlyData);
        world.Run(TimeSpan.FromSeconds(2));
        Sessions.Exchange(world, client);
        Assert.False(server.Streams[1].State.HasEarlyData);
    }

    [Fact]
    public void A_megabyte_begun_as_early_data_arrives()
    {
        using World world = CreateWorld();
        SimSession session = Sessions.Connect(world).Sessions[0];
        (SimConnection client, SimConnection server) = Start(world, session, 1_000_000);
        Assert.True(world.RunUntil(() => server.Streams is [{ IsEnded: true }], TimeSpan.FromSeconds(20)), $"{client.Closed} {server.Closed}");
        Assert.Equal(1_000_000ul, server.Streams[0].Received);
    }

    [Fact]
    public void Early_data_survives_loss_of_a_quarter_reordering_and_duplication()
    {
        int accepted = 0;
        for (int seed = 1; seed <= 100; seed++)
        {
            INetworkNode[] Nodes() => [new Loss(0.25), new Reorder(0.3, 2 * s_delay), new Duplicate(0.1), new Corrupt(0.02), new Delay(s_delay)];
            using World world = CreateWorld(seed: seed, nodes: Nodes);
            SimSession session = Sessions.Connect(world).Sessions[0];
            SimConnection client = world.Client.Connect(session: session);
            int before = world.Server.Connections.Count;
            client.Open().Send(30_000);
            Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromMinutes(3)), $"seed {seed}: {client.Closed}");
            Assert.True(client.EarlyData, $"seed {seed}");
            accepted++;
            SimConnection server = world.Server.Connections[^1];
            Assert.True(
                world.RunUntil(() => server.Streams is [{ IsEnded: true }] && client.Streams[0].IsSendFinished, TimeSpan.FromMinutes(3)),
                $"seed {seed}: {server.Streams.FirstOrDefault()?.Received} {client.Closed} {server.Closed}");
            Assert.Equal(before + 1, world.Server.Connections.Count);
        }

        Assert.Equal(100, accepted);
    }

    [Fact]
    public void Any_datagram_of_the_first_flights_may_be_lost()
    {
        for (int direction = 0; direction < 2; direction++)
        {
            for (int number = 0; number < 10; number++)
            {
                int first = int.MaxValue;
                var drop = new Drop(x => x.Number == first + number);
                INetworkNode[] with = [drop, new Delay(s_delay)];
                INetworkNode[] without = [new Delay(s_delay)];
                using var world = new World(1, direction == 0 ? with : without, direction == 0 ? without : with, new SimServerOptions { Tickets = new SimTickets() });
                SimSession session = Sessions.Connect(world).Sessions[0];
                first = world.SentBy(direction == 0 ? world.Client : world.Server);
                SimConnection client = world.Client.Connect(session: session);
                client.Open().Send(6000);
                Timestamp start = world.Now;
                Assert.True(world.RunUntil(() => world.Server.Connections is [_, { Streams: [{ IsEnded: true }] }], TimeSpan.FromSeconds(10)), $"{direction} {number}");

                // Before there is an RTT sample a probe waits about a second.
                Assert.True(world.Now - start < TimeSpan.FromSeconds(1.3), $"{direction} {number}: {world.Now - start}");
            }
        }
    }

    [Fact]
    [Rfc(9001, "5.7")]
    public void Early_data_that_overtakes_the_Initial_is_kept()
    {
        int first = int.MaxValue;
        var hold = new HoldBack(x => x.Number == first, TimeSpan.FromMilliseconds(50));
        using World world = CreateWorld(toServer: hold);
        SimSession session = Sessions.Connect(world).Sessions[0];
        first = world.SentBy(world.Client);
        SimConnection client = world.Client.Connect(session: session);
        client.Open().Send(8000);
        Timestamp start = world.Now;
        Assert.True(world.RunUntil(() => world.Server.Connections is [_, { Streams: [{ IsEnded: true }] }], TimeSpan.FromSeconds(10)));
        Assert.Equal(s_delay + TimeSpan.FromMilliseconds(50), world.Now - start);
    }

    [Fact]
    [Rfc(9001, "4.6.2")]
    public void Refused_early_data_is_gone_and_streams_begin_anew()
    {
        SimTickets tickets = new();
        using World world = CreateWorld(tickets: tickets);
        SimSession session = Sessions.Connect(world).Sessions[0];
        tickets.TakesEarlyData = false;
        (SimConnection client, SimConnection server) = Start(world, session, 5000);
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(5)));
        Assert.False(client.EarlyData);
        Assert.Equal(EarlyDataState.Rejected, client.Connection.EarlyData);
        Assert.True(client.Connection.Tls.IsResumed);
        world.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(0ul, client.Connection.Recovery.BytesInFlight);
        Assert.Empty(server.Streams);
        Assert.Equal(0, client.Connection.StreamCount);
        Sessions.Exchange(world, client);
        Assert.Equal(0ul, server.Streams[0].State.Id.Value);
        Assert.Equal(100ul, client.Credit[0] - 100);
    }

    [Fact]
    public void Refused_early_data_leaves_a_usable_connection_under_loss()
    {
        for (int seed = 1; seed <= 60; seed++)
        {
            INetworkNode[] Nodes() => [new Loss(0.25), new Reorder(0.3, 2 * s_delay), new Duplicate(0.1), new Delay(s_delay)];
            SimTickets tickets = new();
            using World world = CreateWorld(seed: seed, nodes: Nodes, tickets: tickets);
            SimSession session = Sessions.Connect(world).Sessions[0];
            tickets.TakesEarlyData = false;
            SimConnection client = world.Client.Connect(session: session);
            client.Open().Send(30_000);
            Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromMinutes(3)), $"seed {seed}: {client.Closed}");
            Assert.False(client.EarlyData);
            world.Run(TimeSpan.FromSeconds(1));
            Sessions.Exchange(world, client);
        }
    }

    [Fact]
    public void A_full_handshake_refuses_early_data_too()
    {
        using World world = CreateWorld();
        SimSession session = Sessions.Connect(world).Sessions[0];
        byte[] ticket = [.. session.Session.Ticket];
        ticket[^1] ^= 1;
        (SimConnection client, _) = Start(world, session with { Session = session.Session with { Ticket = ticket } }, 5000);
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(5)));
        Assert.False(client.Connection.Tls.IsResumed);
        Assert.False(client.EarlyData);
        Sessions.Exchange(world, client);
    }

    public enum Limit
    {
        BidirectionalStreams,
        UnidirectionalStreams,
        Connection,
        RemoteBidirectional,
        LocalBidirectional,
        Unidirectional,
    }

    public static TheoryData<Limit> Limits => [.. Enum.GetValues<Limit>()];

    [Theory]
    [MemberData(nameof(Limits))]
    [Rfc(9000, "7.4.1")]
    public void A_server_whose_limit_shrank_refuses_early_data(Limit limit)
    {
        bool isSmaller = false;
        using World world = CreateWorld(configure: settings => isSmaller ? Shrink(settings, limit) : settings);
        SimSession session = Sessions.Connect(world).Sessions[0];
        isSmaller = true;
        (SimConnection client, _) = Start(world, session, 1000);
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(5)), $"{client.Closed}");
        Assert.False(client.EarlyData);
        Assert.True(client.Connection.Tls.IsResumed);
    }

    [Theory]
    [MemberData(nameof(Limits))]
    [Rfc(9000, "7.4.1")]
    public void A_client_closes_when_a_server_takes_early_data_and_lowers_a_limit(Limit limit)
    {
        bool isSmaller = false;
        SimTickets tickets = new();
        using World world = CreateWorld(tickets: tickets, configure: settings => isSmaller ? Shrink(settings, limit) : settings);
        SimSession session = Sessions.Connect(world).Sessions[0];
        isSmaller = true;
        tickets.ForgetsLimits = true;
        (SimConnection client, _) = Start(world, session, 1000);
        Assert.True(world.RunUntil(() => client.Closed is not null, TimeSpan.FromSeconds(5)));
        Assert.Equal(CloseKind.LocalTransport, client.Closed!.Kind);
        Assert.Equal((ulong)TransportErrorCode.ProtocolViolation, client.Closed.Code);
    }

    [Fact]
    [Rfc(9000, "7.4.1")]
    public void Larger_limits_are_used_after_the_handshake_only()
    {
        bool isLarger = false;
        using World world = CreateWorld(configure: settings => isLarger
            ? settings with { MaxInboundBidirectionalStreams = 5, RemoteBidirectionalReceiveWindow = 50_000 }
            : settings with { MaxInboundBidirectionalStreams = 2, RemoteBidirectionalReceiveWindow = 4000 });
        SimSession session = Sessions.Connect(world).Sessions[0];
        isLarger = true;
        SimConnection client = world.Client.Connect(session: session);
        SimStream[] early = [client.Open(), client.Open()];
        Assert.Throws<InvalidOperationException>(() => client.Open());
        early[0].Send(40_000);
        Assert.True(world.RunUntil(() => world.Server.Connections is [_, { Streams: [{ Received: > 0 }, ..] }], TimeSpan.FromSeconds(1)));
        SimConnection server = world.Server.Connections[^1];
        Assert.True(server.Streams[0].Received <= 4000);
        Assert.Throws<InvalidOperationException>(() => client.Open());
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(1)));
        client.Open();
        client.Open();
        client.Open();
        Assert.Throws<InvalidOperationException>(() => client.Open());
        Assert.True(world.RunUntil(() => server.Streams[0].Received == 40_000, TimeSpan.FromSeconds(5)));
        Assert.Equal(5ul, client.Credit[0]);
    }

    [Fact]
    [Rfc(9846, "4.3.10")]
    public void Early_data_for_another_protocol_than_is_chosen_now_is_refused()
    {
        using World world = CreateWorld(protocols: ["sim2"u8.ToArray(), SimConnection.Protocol]);
        SimSession session = Sessions.Connect(world).Sessions[0];
        SimConnection client = world.Client.Connect(
            session: session, configureTls: tls => tls with { Protocols = [SimConnection.Protocol, "sim2"u8.ToArray()] });
        client.Open().Send(100);
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(5)));
        Assert.Equal("sim2"u8, client.Connection.Tls.NegotiatedProtocol.Span);
        Assert.True(client.Connection.Tls.IsResumed);
        Assert.False(client.EarlyData);
    }

    [Fact]
    [Rfc(9000, "17.2.5.3")]
    public void After_a_Retry_early_data_goes_out_again_under_new_numbers_and_the_new_id()
    {
        using World world = CreateWorld();
        SimSession session = Sessions.Connect(world).Sessions[0];
        List<byte[]> sent = [];
        world.OnSent = (from, datagram) =>
        {
            if (from == world.Client)
            {
                sent.Add(datagram.Bytes);
            }
        };
        SimConnection client = world.Client.Connect(session: session);
        client.Open().Send(2000);
        world.RunUntil(() => false, TimeSpan.FromMilliseconds(1));
        Assert.True(PacketHeader.TryRead(sent[0], IdLength, out PacketHeader header));
        int before = sent.Count;
        ConnectionId original = header.Destination;
        int earlyBefore = sent.Sum(x => CountEarly(x, original));
        Assert.True(earlyBefore > 0);
        byte[] newId = [9, 8, 7, 6, 5, 4, 3, 2];
        byte[] retry = [0xF0, 0, 0, 0, 1, IdLength, .. header.Source.Span, IdLength, .. newId, .. "token"u8];
        byte[] tag = new byte[RetryIntegrity.TagLength];
        RetryIntegrity.ComputeTag(QuicVersion.V1, header.Destination.Span, retry, tag);
        world.Inject(world.Client, [.. retry, .. tag], new DatagramArrival(world.Client.Address, world.Server.Address, EcnCodepoint.NotEct));
        world.RunUntil(() => false, TimeSpan.FromMilliseconds(1));
        Assert.True(sent.Count > before);
        Assert.Equal(earlyBefore, sent.Skip(before).Sum(x => CountEarly(x, new ConnectionId(newId))));
        using PacketProtection keys = PacketProtection.Create(
            QuicVersion.V1, session.Session.Suite, client.Secrets["CLIENT_EARLY_TRAFFIC_SECRET"]);
        ulong[] numbers = [.. sent.SelectMany(x => EarlyNumbers(x, keys))];
        Assert.Equal(numbers.Length, numbers.Distinct().Count());
    }

    public static TheoryData<byte[]> ForbiddenFrames => new(
        [0x02, 0, 0, 0, 0], // ACK
        [0x06, 0, 1, 0], // CRYPTO
        [0x07, 1, 0], // NEW_TOKEN
        [0x1B, 1, 2, 3, 4, 5, 6, 7, 8], // PATH_RESPONSE
        [0x19, 0], // RETIRE_CONNECTION_ID
        [0x1E]); // HANDSHAKE_DONE

    [Theory]
    [MemberData(nameof(ForbiddenFrames))]
    [Rfc(9000, "12.5")]
    public void Frames_that_have_no_place_in_early_data_close_the_connection(byte[] frame)
    {
        (World world, SimConnection client, SimConnection server, PacketForge forge) = Stage();
        using (world)
        {
            Assert.Null(client.Closed);
            Inject(world, forge.Make(EncryptionLevel.EarlyData, [.. frame, 0, 0, 0, 0])!);
            Assert.True(world.RunUntil(() => server.Closed is not null, TimeSpan.FromSeconds(1)));
            Assert.Equal((ulong)TransportErrorCode.ProtocolViolation, server.Closed!.Code);
        }
    }

    [Fact]
    [Rfc(9000, "12.4")]
    public void A_hostile_client_with_early_keys_gets_a_coded_close()
    {
        int packets = 0;
        int closed = 0;
        FrameGen.Payload.Array[1, 30].Sample(
            payloads =>
            {
                (World world, _, SimConnection server, PacketForge forge) = Stage();
                using (world)
                {
                    world.AllowsForeignData = true;
                    foreach (byte[] payload in payloads)
                    {
                        packets++;
                        Inject(world, forge.Make(EncryptionLevel.EarlyData, [.. payload, 0, 0, 0, 0])!);
                        world.Run(TimeSpan.FromMilliseconds(1));
                    }

                    closed += server.Closed is { Kind: CloseKind.LocalTransport } ? 1 : 0;
                    Assert.False(server.Closed is { Kind: CloseKind.LocalTransport, Code: 0 }, "closed without a code");
                }
            },
            iter: 150,
            threads: 1);
        Assert.True(packets > 500 && closed > 50, $"{packets} packets, {closed} closed");
    }

    [Fact]
    [Rfc(9001, "4.9.3")]
    public void The_servers_early_keys_go_shortly_after_the_first_1RTT_packet()
    {
        (World world, SimConnection client, SimConnection server, PacketForge forge) = Stage();
        using (world)
        {
            Assert.True(world.RunUntil(() => server.IsConnected, TimeSpan.FromSeconds(1)));
            world.Run(TimeSpan.FromSeconds(5));
            Assert.Null(client.Closed);
            Inject(world, forge.Make(EncryptionLevel.EarlyData, [0x1E, 0, 0, 0, 0])!);
            world.Run(TimeSpan.FromSeconds(1));
            Assert.Null(server.Closed);
        }
    }

    [Fact]
    [Rfc(9000, "8.1")]
    public void Early_data_does_not_validate_the_clients_address()
    {
        using World world = CreateWorld();
        SimSession session = Sessions.Connect(world).Sessions[0];
        (_, SimConnection server) = Start(world, session, 3000);
        int sent = 0;
        int received = 0;
        world.OnSent = (from, datagram) => sent += from == world.Server ? datagram.Bytes.Length : 0;
        Assert.True(world.RunUntil(() => server.Streams is [{ IsEnded: true }], TimeSpan.FromSeconds(1)));
        received += 5000;
        server.Streams[0].Send(1_000_000);
        world.RunUntil(() => false, TimeSpan.FromMilliseconds(30));
        Assert.False(server.Connection.IsHandshakeComplete);
        Assert.InRange(sent, 1200, 3 * received);
    }

    [Fact]
    public void A_client_that_closes_before_the_answer_says_so_in_a_datagram_of_full_size()
    {
        using World world = CreateWorld();
        SimSession session = Sessions.Connect(world).Sessions[0];
        (SimConnection client, SimConnection server) = Start(world, session, 100);
        int last = 0;
        world.OnSent = (from, datagram) => last = from == world.Client ? datagram.Bytes.Length : last;
        client.Connection.Close(7, "changed my mind", world.Now);
        Assert.True(world.RunUntil(() => server.Closed is not null, TimeSpan.FromSeconds(1)));
        Assert.Equal(PacketHeader.MinInitialDatagram, last);
    }

    [Theory, Rfc(9221, "3"), Rfc(9001, "4.6")]
    [InlineData(0.0, 1)]
    [InlineData(0.15, 2)]
    [InlineData(0.15, 3)]
    [InlineData(0.15, 4)]
    public void Early_datagrams_arrive_before_the_handshake_is_complete_and_are_answered(double loss, int seed)
    {
        // The server answers what came early with its first flight: 0.5-RTT.
        DatagramLog? atServer = null;
        World world = null!;
        world = CreateWorld(
            seed,
            () => [new Loss(loss), new Reorder(loss, s_delay), new Delay(s_delay)],
            configure: x =>
            {
                // Before its packets are opened.
                atServer = new DatagramLog(world.Server.Connections[^1]);
                return x with { MaxDatagramFrameSize = 65_535 };
            });
        using (world)
        {
            SimSession session = Sessions.Connect(world).Sessions[0];
            SimConnection client = world.Client.Connect(x => x with { MaxDatagramFrameSize = 65_535 }, session: session);
            var atClient = new DatagramLog(client);
            Assert.InRange(client.Connection.MaxDatagramLength, 1100, 1200);
            for (int i = 0; i < 8; i++)
            {
                Assert.Equal(DatagramAdmission.Queued, client.Connection.TrySendDatagram(new byte[100 + i], 0x7F, Timestamp.Never, i, world.Now));
            }

            Timestamp start = world.Now;
            int before = world.Server.Connections.Count;
            Assert.True(world.RunUntil(() => world.Server.Connections.Count > before && atServer!.Received.Count > 0, TimeSpan.FromMinutes(1)), $"seed {seed}");
            SimConnection server = world.Server.Connections[^1];
            Assert.False(server.Connection.IsHandshakeComplete);
            Assert.Equal(DatagramAdmission.Queued, server.Connection.TrySendDatagram(new byte[50], 0x7F, Timestamp.Never, 0, world.Now));
            Assert.True(world.RunUntil(() => client.IsConnected && server.IsConnected, TimeSpan.FromMinutes(1)), $"seed {seed}: {client.Closed}");
            world.Run(TimeSpan.FromSeconds(10));
            Assert.True(client.EarlyData);
            Assert.All(atServer!.Received, x => Assert.InRange(x.Length, 100, 107));
            Assert.Equal(atServer.Received.Count, atServer.Received.Select(x => x.Length).Distinct().Count());
            Assert.Equal(Enumerable.Range(0, 8).Select(i => (long)i), atClient.Settled.Select(x => x.Tag).Distinct().Order());
            if (loss == 0)
            {
                Assert.Equal(8, atServer.Received.Count);
                Assert.Equal(8, atClient.With(DatagramFate.Acknowledged).Count());
                Assert.Equal(50, Assert.Single(atClient.Received).Length);
            }
        }
    }

    [Fact, Rfc(9221, "3"), Rfc(9000, "7.4.1")]
    public void A_server_that_takes_no_datagrams_any_more_or_smaller_ones_refuses_early_data()
    {
        ulong size = 1000;
        using World world = CreateWorld(configure: x => x with { MaxDatagramFrameSize = size });
        SimConnection first = Sessions.Connect(world);
        foreach (ulong now in new ulong[] { 999, 0 })
        {
            size = now;
            SimConnection client = world.Client.Connect(session: first.Sessions[now == 0 ? 0 : 1]);
            Assert.Equal(DatagramAdmission.Queued, client.Connection.TrySendDatagram(new byte[900], 0x7F, Timestamp.Never, 1, world.Now));
            Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(5)), $"{client.Closed}");
            Assert.False(client.EarlyData);
            Assert.True(client.Connection.Tls.IsResumed);
            Assert.Equal(now == 0 ? 0 : 996, client.Connection.MaxDatagramLength);
        }
    }

    [Fact, Rfc(9221, "3"), Rfc(9001, "4.6.2")]
    public void Refused_early_datagrams_count_as_lost_and_later_ones_arrive()
    {
        var tickets = new SimTickets();
        DatagramLog? atServer = null;
        World world = null!;
        world = CreateWorld(tickets: tickets, configure: x =>
        {
            atServer = new DatagramLog(world.Server.Connections[^1]);
            return x with { MaxDatagramFrameSize = 65_535 };
        });
        using (world)
        {
            SimSession session = Sessions.Connect(world).Sessions[0];
            tickets.TakesEarlyData = false;
            SimConnection client = world.Client.Connect(session: session);
            var atClient = new DatagramLog(client);
            for (int i = 0; i < 5; i++)
            {
                Assert.Equal(DatagramAdmission.Queued, client.Connection.TrySendDatagram(new byte[100], 0x7F, Timestamp.Never, i, world.Now));
            }

            Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(5)));
            Assert.False(client.EarlyData);
            world.Run(TimeSpan.FromSeconds(1));
            Assert.Empty(atServer!.Received);
            Assert.Equal([0, 1, 2, 3, 4], atClient.Settled.Select(x => x.Tag).Order());
            Assert.Empty(atClient.With(DatagramFate.Acknowledged));
            Assert.Equal(DatagramAdmission.Queued, client.Connection.TrySendDatagram(new byte[7], 0x7F, Timestamp.Never, 9, world.Now));
            world.Run(TimeSpan.FromSeconds(1));
            Assert.Equal(7, Assert.Single(atServer.Received).Length);
        }
    }

    private static World CreateWorld(
        int seed = 1,
        Func<INetworkNode[]>? nodes = null,
        SimTickets? tickets = null,
        Func<ConnectionSettings, ConnectionSettings>? configure = null,
        ReadOnlyMemory<byte>[]? protocols = null,
        INetworkNode? toServer = null)
    {
        SimServerOptions server = new()
        {
            Tickets = tickets ?? new SimTickets(),
            Configure = configure ?? (x => x),
            Protocols = protocols ?? [SimConnection.Protocol],
        };
        nodes ??= () => [new Delay(s_delay)];
        return new World(seed, toServer is null ? nodes() : [toServer, .. nodes()], nodes(), server);
    }

    /// <summary>Connects with early data on one stream, up to the moment at which the server knows.</summary>
    private static (SimConnection Client, SimConnection Server) Start(World world, SimSession session, ulong bytes)
    {
        int before = world.Server.Connections.Count;
        SimConnection client = world.Client.Connect(session: session);
        client.Open().Send(bytes);
        Assert.True(world.RunUntil(() => world.Server.Connections.Count > before, TimeSpan.FromSeconds(5)));
        return (client, world.Server.Connections[^1]);
    }

    /// <summary>A connection whose server has early keys, and an attacker who has them too.</summary>
    private static (World World, SimConnection Client, SimConnection Server, PacketForge Forge) Stage()
    {
        World world = CreateWorld();
        SimSession session = Sessions.Connect(world).Sessions[0];
        byte[] first = [];
        world.OnSent = (from, datagram) => first = first.Length == 0 && from == world.Client ? datagram.Bytes : first;
        (SimConnection client, SimConnection server) = Start(world, session, 500);
        Assert.True(world.RunUntil(() => server.EarlyData == true, TimeSpan.FromSeconds(1)));
        Assert.True(PacketHeader.TryRead(first, IdLength, out PacketHeader header));
        PacketProtection keys = PacketProtection.Create(QuicVersion.V1, session.Session.Suite, client.Secrets["CLIENT_EARLY_TRAFFIC_SECRET"]);
        return (world, client, server, new PacketForge(EndpointRole.Client, header.Destination, header.Source, _ => keys));
    }

    private static void Inject(World world, byte[] packet) =>
        world.Inject(world.Server, packet, new DatagramArrival(world.Server.Address, world.Client.Address, EcnCodepoint.NotEct));

    private static ConnectionSettings Shrink(ConnectionSettings settings, Limit limit) => limit switch
    {
        Limit.BidirectionalStreams => settings with { MaxInboundBidirectionalStreams = 99 },
        Limit.UnidirectionalStreams => settings with { MaxInboundUnidirectionalStreams = 99 },
        Limit.Connection => settings with { ConnectionReceiveWindow = settings.ConnectionReceiveWindow - 1 },
        Limit.RemoteBidirectional => settings with { RemoteBidirectionalReceiveWindow = settings.RemoteBidirectionalReceiveWindow - 1 },
        Limit.LocalBidirectional => settings with { LocalBidirectionalReceiveWindow = settings.LocalBidirectionalReceiveWindow - 1 },
        _ => settings with { UnidirectionalReceiveWindow = settings.UnidirectionalReceiveWindow - 1 },
    };

    private static int CountEarly(ReadOnlySpan<byte> datagram, ConnectionId destination)
    {
        int count = 0;
        while (PacketHeader.TryRead(datagram, IdLength, out PacketHeader header))
        {
            count += header.Type == PacketType.ZeroRtt && header.Destination == destination ? 1 : 0;
            datagram = datagram[header.Length..];
        }

        return count;
    }

    private static List<ulong> EarlyNumbers(ReadOnlySpan<byte> datagram, PacketProtection keys)
    {
        List<ulong> numbers = [];
        Span<byte> mask = stackalloc byte[PacketProtection.MaskLength];
        while (PacketHeader.TryRead(datagram, IdLength, out PacketHeader header))
        {
            if (header.Type == PacketType.ZeroRtt)
            {
                keys.HeaderMask(datagram.Slice(header.PayloadOffset + 4, PacketProtection.SampleLength), mask);
                int length = ((datagram[0] ^ mask[0]) & 3) + 1;
                ulong number = 0;
                for (int i = 0; i < length; i++)
                {
                    number = (number << 8) | (byte)(datagram[header.PayloadOffset + i] ^ mask[1 + i]);
                }

                numbers.Add(number);
            }

            datagram = datagram[header.Length..];
        }

        return numbers;
    }
}
