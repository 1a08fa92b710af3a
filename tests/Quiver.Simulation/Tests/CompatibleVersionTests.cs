using Quiver.Protocol.Connections;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Simulation.Attack;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;
using Quiver.Testing;

namespace Quiver.Simulation.Tests;

/// <summary>The server goes on in another version than the client began with. RFC 9368 §2.3, RFC 9369 §4.1.</summary>
public sealed class CompatibleVersionTests
{
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(20);
    private static readonly QuicVersion[] s_both = [QuicVersion.V1, QuicVersion.V2];
    private static readonly QuicVersion[] s_rather2 = [QuicVersion.V2, QuicVersion.V1];

    /// <summary>How a handshake goes.</summary>
    public enum Shape
    {
        Plain,
        Retry,
        HelloRetryRequest,
        LongChain,
        LargeClientHello,
        RetryAndLargeClientHello,
    }

    public static TheoryData<Shape, double, int> Lossy()
    {
        TheoryData<Shape, double, int> data = [];
        foreach (Shape shape in Enum.GetValues<Shape>())
        {
            for (int seed = 0; seed < 12; seed++)
            {
                data.Add(shape, seed == 0 ? 0 : 0.2, seed);
            }
        }

        return data;
    }

    [Theory, MemberData(nameof(Lossy))]
    [Rfc(9368, "2.3"), Rfc(9369, "4.1")]
    public void A_server_moves_a_client_to_the_version_that_it_prefers(Shape shape, double loss, int seed)
    {
        bool upgrades = seed % 3 != 2;
        INetworkNode[] Nodes() => [new Loss(loss), new Duplicate(loss / 2), new Reorder(loss, 2 * s_delay), new Delay(s_delay)];
        using var world = new World(seed, Nodes(), Nodes(), Options(shape) with { Versions = upgrades ? s_rather2 : s_both });
        (QuicVersion from, QuicVersion to) = upgrades ? (QuicVersion.V1, QuicVersion.V2) : (QuicVersion.V2, QuicVersion.V1);
        var wire = new Wire(world, from, to);
        SimConnection client = world.Client.Connect(x => x with { Version = from, Versions = s_both }, Groups(shape));
        bool done = world.RunUntil(
            () => client.IsConnected && world.Server.Connections.Any(x => x.IsConnected && x.Connection.Version == to), TimeSpan.FromMinutes(3));
        Assert.True(done, $"seed {seed}: {client.Closed}");
        Assert.Equal((to, from), (client.Connection.Version, client.Connection.OriginalVersion));
        Sessions.Exchange(world, client);
        Assert.Equal((uint)to, client.Connection.PeerParameters!.VersionInformation!.Chosen);
        wire.Check();
    }

    [Theory, Rfc(9368, "2.3")]
    [InlineData(false)]
    [InlineData(true)]
    public void A_client_that_offers_one_version_keeps_it(bool offersNothing)
    {
        using World world = NewWorld(s_rather2);
        SimConnection client = Connect(world, QuicVersion.V1, offersNothing ? null : [QuicVersion.V1]);
        Assert.Equal(QuicVersion.V1, client.Connection.Version);
        Assert.Equal(QuicVersion.V1, world.Server.Connections[0].Connection.Version);
        Assert.Equal([(uint)QuicVersion.V1], world.Server.Connections[0].Connection.PeerParameters!.VersionInformation!.Available);
    }

    [Fact]
    public void A_server_without_preferences_leaves_the_choice_to_the_client()
    {
        using World world = NewWorld(null);
        Assert.Equal(QuicVersion.V1, Connect(world, QuicVersion.V1, s_rather2).Connection.Version);
        Assert.Equal(QuicVersion.V2, Connect(world, QuicVersion.V2, s_both).Connection.Version);
    }

    [Fact, Rfc(9368, "2.3")]
    public void Changing_the_version_costs_no_round_trip()
    {
        using World world = NewWorld(s_rather2);
        Timestamp start = world.Now;
        SimConnection client = world.Client.Connect(x => x with { Versions = s_both });
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(1)));
        Assert.Equal(2 * s_delay, world.Now - start);
        Assert.Equal(QuicVersion.V2, client.Connection.Version);
    }

    [Fact, Rfc(9369, "4.1")]
    public void Until_it_has_the_whole_ClientHello_the_server_answers_in_the_original_version()
    {
        // The second datagram of the ClientHello is late: the first is acknowledged meanwhile.
        var late = new HoldBack(x => x.Number == 1, TimeSpan.FromMilliseconds(15));
        using var world = new World(
            1, [late, new Delay(s_delay)], [new Delay(s_delay)], Options(Shape.LargeClientHello) with { Versions = s_rather2 });
        List<QuicVersion> answers = [];
        world.OnSent = (from, x) =>
        {
            if (from == world.Server && PacketHeader.TryRead(x.Bytes, 8, out PacketHeader header) && header.Type != PacketType.OneRtt)
            {
                answers.Add(header.Version);
            }
        };
        SimConnection client = Connect(world, QuicVersion.V1, s_both, [NamedGroup.X25519MLKem768]);
        Assert.Equal(QuicVersion.V2, client.Connection.Version);
        Assert.Equal(QuicVersion.V1, answers[0]);
        Assert.DoesNotContain(QuicVersion.V1, answers.SkipWhile(x => x == QuicVersion.V1));
    }

    [Fact, Rfc(9369, "4.1")]
    public void The_server_reads_the_original_version_until_a_Handshake_packet_comes()
    {
        // The server's first answer is lost, so the client repeats its ClientHello in the version that it began with.
        World world = null!;
        Timestamp start = default;
        using (world = new World(
            1, [new Delay(s_delay)], [new Drop(_ => world.Now < start + TimeSpan.FromMilliseconds(300)), new Delay(s_delay)], new SimServerOptions { Versions = s_rather2 }))
        {
            start = world.Now;
            SimConnection client = world.Client.Connect(x => x with { Versions = s_both });
            Assert.True(world.RunUntil(() => world.Server.Connections is [{ Connection.Version: QuicVersion.V2 }], TimeSpan.FromSeconds(1)));
            long before = world.Server.Connections[0].Connection.Traffic.PacketsReceived;
            int sent = 0;
            world.OnSent = (from, x) =>
                sent += from == world.Client && PacketHeader.TryRead(x.Bytes, 8, out PacketHeader header) && header.Version == QuicVersion.V1 ? 1 : 0;
            Assert.True(world.RunUntil(() => world.Server.Connections[0].Connection.Traffic.PacketsReceived > before, TimeSpan.FromSeconds(5)));
            Assert.True(sent > 0);
            Assert.Equal(QuicVersion.V1, client.Connection.Version);
            Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(10)));
            Assert.Equal(QuicVersion.V2, client.Connection.Version);
        }
    }

    [Fact, Rfc(9369, "4.1"), Rfc(9001, "5.7")]
    public void Handshake_packets_of_the_new_version_that_come_first_wait_for_the_Initial()
    {
        var first = new HoldBack(x => x.Number == 0, s_delay);
        using var world = new World(
            1, [new Delay(s_delay)], [first, new Delay(s_delay)], new SimServerOptions { Versions = s_rather2, Certificate = TestIdentity.Long });
        Timestamp start = world.Now;
        SimConnection client = world.Client.Connect(x => x with { Versions = s_both });
        Assert.True(world.RunUntil(() => client.Connection.Version == QuicVersion.V2, TimeSpan.FromSeconds(1)));
        int sentUntilThen = world.SentBy(world.Server);
        Assert.Equal(3 * s_delay, world.Now - start);
        Assert.True(sentUntilThen >= 3, $"{sentUntilThen}");

        // All that had come was of use: the rest of the long chain, which the amplification limit holds back, is one round trip away.
        Assert.True(world.RunUntil(() => client.IsConnected, 2 * s_delay));
    }

    [Fact, Rfc(9369, "4.1")]
    public void A_Retry_of_another_version_than_the_first_packet_is_ignored()
    {
        using var world = new World(1, [new Drop(_ => true)], []);
        SimDatagram? sent = null;
        int count = 0;
        world.OnSent = (_, x) =>
        {
            sent ??= x;
            count++;
        };
        world.Client.Connect(x => x with { Versions = s_both });
        world.Run(TimeSpan.Zero);
        Assert.True(PacketHeader.TryRead(sent!.Bytes, 8, out PacketHeader header));
        byte[] retry = new byte[200];
        int length = RetryPacket.Write(
            retry, QuicVersion.V2, header.Source, new ConnectionId([9, 9, 9, 9, 9, 9, 9, 9]), header.Destination, "token"u8, world.Random);
        int before = count;
        var arrival = new DatagramArrival(world.Client.Address, world.Server.Address, EcnCodepoint.NotEct);
        world.Inject(world.Client, retry[..length], arrival);
        world.Run(TimeSpan.FromMilliseconds(1));
        Assert.Equal(before, count);

        // One of the version that it began with is followed.
        length = RetryPacket.Write(
            retry, QuicVersion.V1, header.Source, new ConnectionId([9, 9, 9, 9, 9, 9, 9, 9]), header.Destination, "token"u8, world.Random);
        world.Inject(world.Client, retry[..length], arrival);
        world.Run(TimeSpan.FromMilliseconds(1));
        Assert.True(count > before);
    }

    [Fact, Rfc(9369, "4.1")]
    public void A_client_that_changes_the_version_after_a_Retry_is_turned_away()
    {
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)], new SimServerOptions { Retry = true });
        byte[] token = world.Server.Tokens.IssueForRetry(
            world.Client.Address, QuicVersion.V1, new ConnectionId([1, 2, 3, 4, 5, 6, 7, 8]), new ConnectionId([8, 7, 6, 5, 4, 3, 2, 1]), world.UnixMilliseconds);
        var id = new ConnectionId([8, 7, 6, 5, 4, 3, 2, 1]);
        var forge = new PacketForge(
            EndpointRole.Client, id, new ConnectionId([1]), _ => InitialKeys.Create(QuicVersion.V2, id.Span, EndpointRole.Client));
        byte[] initial = forge.Make(EncryptionLevel.Initial, [1], token: token, version: QuicVersion.V2)!;
        byte[]? answer = null;
        world.OnSent = (_, x) => answer = x.Bytes;
        world.Inject(world.Server, initial, new DatagramArrival(world.Server.Address, world.Client.Address, EcnCodepoint.NotEct));
        world.Run(TimeSpan.Zero);
        Assert.Empty(world.Server.Connections);
        Assert.True(PacketHeader.TryRead(answer, 8, out PacketHeader header));
        Assert.Equal((PacketType.Initial, QuicVersion.V2), (header.Type, header.Version));
    }

    [Theory, Rfc(9369, "4.1")]
    [InlineData(0.0, 1)]
    [InlineData(0.2, 2)]
    [InlineData(0.2, 3)]
    [InlineData(0.2, 4)]
    public void Early_data_stays_in_the_original_version_and_is_taken(double loss, int seed)
    {
        IReadOnlyList<QuicVersion>? preferences = null;
        INetworkNode[] Nodes() => [new Loss(loss), new Reorder(loss, s_delay), new Delay(s_delay)];
        using var world = new World(seed, Nodes(), Nodes(), new SimServerOptions
        {
            Tickets = new SimTickets(),
            Configure = x => x with { Versions = preferences },
        });
        SimSession session = Sessions.Connect(world).Sessions[0];
        Assert.Equal(QuicVersion.V1, session.Session.Version);
        preferences = s_rather2;
        HashSet<(PacketType, QuicVersion)> sent = [];
        world.OnSent = (from, x) =>
        {
            if (from == world.Client)
            {
                Wire.ForEach(x.Bytes, (in PacketHeader header, ReadOnlySpan<byte> _) => sent.Add((header.Type, header.Version)));
            }
        };
        SimConnection client = world.Client.Connect(x => x with { Versions = s_both }, session: session);
        SimStream stream = client.Open();
        stream.Send(3_000);
        Assert.True(world.RunUntil(() => client.IsConnected && client.EarlyData is not null, TimeSpan.FromMinutes(1)), $"seed {seed}: {client.Closed}");
        Assert.True(client.EarlyData);
        Assert.Equal(QuicVersion.V2, client.Connection.Version);
        SimConnection server = world.Server.Connections[^1];
        Assert.True(world.RunUntil(() => server.Streams is [{ IsEnded: true } or { Received: 3_000 }], TimeSpan.FromMinutes(1)), $"seed {seed}");
        Assert.Contains((PacketType.ZeroRtt, QuicVersion.V1), sent);
        Assert.DoesNotContain((PacketType.ZeroRtt, QuicVersion.V2), sent);

        // What the server gives out now is of the version that was negotiated.
        Assert.True(world.RunUntil(() => client.Sessions.Count > 0, TimeSpan.FromMinutes(1)));
        Assert.Equal(QuicVersion.V2, client.Sessions[0].Session.Version);
    }

    [Fact, Rfc(9369, "4.1")]
    public void Early_data_stays_in_the_original_version_when_the_client_knows_of_the_change()
    {
        // Of the server's first flight only the Initial packet arrives: the client has changed, and has no 1-RTT keys.
        IReadOnlyList<QuicVersion>? preferences = null;
        bool cuts = false;
        var cut = new Rewrite(x =>
        {
            bool isInitial = PacketHeader.TryRead(x.Bytes, 8, out PacketHeader header) && header.Type == PacketType.Initial;
            return cuts ? x with { Bytes = isInitial ? x.Bytes[..header.Length] : [0] } : x;
        });
        using var world = new World(1, [new Delay(s_delay)], [cut, new Delay(s_delay)], new SimServerOptions
        {
            Tickets = new SimTickets(),
            Configure = x => x with { Versions = preferences },
        });
        SimSession session = Sessions.Connect(world).Sessions[0];
        preferences = s_rather2;
        cuts = true;
        SimConnection client = world.Client.Connect(x => x with { Versions = s_both }, session: session);
        client.Open().Send(500);
        Assert.True(world.RunUntil(() => client.Connection.Version == QuicVersion.V2, TimeSpan.FromSeconds(1)));
        List<QuicVersion> early = [];
        world.OnSent = (from, x) =>
        {
            if (from == world.Client)
            {
                Wire.ForEach(x.Bytes, (in PacketHeader header, ReadOnlySpan<byte> _) =>
                {
                    if (header.Type == PacketType.ZeroRtt)
                    {
                        early.Add(header.Version);
                    }
                });
            }
        };
        SimConnection server = world.Server.Connections[^1];
        client.Open().Send(600);
        Assert.True(world.RunUntil(() => server.Streams is [_, { Received: 600 }], TimeSpan.FromSeconds(1)), $"{client.Closed} {server.Closed}");
        Assert.NotEmpty(early);
        Assert.All(early, x => Assert.Equal(QuicVersion.V1, x));
        cuts = false;
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(10)));
        Assert.True(client.EarlyData);
    }

    [Theory, Rfc(9369, "5")]
    [InlineData(QuicVersion.V1, false)]
    [InlineData(QuicVersion.V2, true)]
    internal void Tickets_and_tokens_are_of_the_negotiated_version(QuicVersion next, bool areGood)
    {
        using World world = NewWorld(s_rather2, x => x with { Tickets = new SimTickets(), SendsTokens = true, Retry = true });
        SimConnection first = Connect(world, QuicVersion.V1, s_both);
        Assert.True(world.RunUntil(() => first.Sessions.Count > 0 && first.AddressTokens.Count > 0, TimeSpan.FromSeconds(5)));
        Assert.Equal(QuicVersion.V2, first.Sessions[0].Session.Version);
        int retries = 0;
        world.OnSent = (_, x) => retries += PacketHeader.TryRead(x.Bytes, 8, out PacketHeader header) && header.Type == PacketType.Retry ? 1 : 0;

        // A client that keeps to the rules does not use them for another version; the server looks.
        SimConnection second = world.Client.Connect(
            x => x with { Version = next, Versions = s_both, AddressToken = first.AddressTokens[0] }, session: first.Sessions[0], withEarlyData: false);
        Assert.True(world.RunUntil(() => second.IsConnected, TimeSpan.FromSeconds(5)), $"{second.Closed}");
        Assert.Equal(areGood, second.Connection.Tls.IsResumed);
        Assert.Equal(areGood ? 0 : 1, retries);
        Assert.Equal(QuicVersion.V2, second.Connection.Version);
    }

    private static World NewWorld(IReadOnlyList<QuicVersion>? preferences, Func<SimServerOptions, SimServerOptions>? more = null)
    {
        SimServerOptions options = new() { Configure = x => x with { Versions = preferences } };
        return new World(1, [new Delay(s_delay)], [new Delay(s_delay)], more?.Invoke(options) ?? options);
    }

    private static SimConnection Connect(
        World world, QuicVersion version, IReadOnlyList<QuicVersion>? offers, IReadOnlyList<NamedGroup>? groups = null)
    {
        int before = world.Server.Connections.Count;
        SimConnection client = world.Client.Connect(x => x with { Version = version, Versions = offers }, groups);
        Assert.True(
            world.RunUntil(
                () => client.IsConnected && world.Server.Connections.Count > before && world.Server.Connections[^1].IsConnected, TimeSpan.FromMinutes(1)),
            $"{client.Closed}");
        return client;
    }

    private static IReadOnlyList<NamedGroup>? Groups(Shape shape) => shape switch
    {
        Shape.HelloRetryRequest => [NamedGroup.X25519, NamedGroup.Secp384r1],
        Shape.LargeClientHello or Shape.RetryAndLargeClientHello => [NamedGroup.X25519MLKem768],
        _ => null,
    };

    private static SimServerOptions Options(Shape shape) => new()
    {
        Retry = shape is Shape.Retry or Shape.RetryAndLargeClientHello,
        Certificate = shape == Shape.LongChain ? TestIdentity.Long : TestIdentity.Short,
        Groups = shape switch
        {
            Shape.HelloRetryRequest => [NamedGroup.Secp384r1],
            Shape.LargeClientHello or Shape.RetryAndLargeClientHello => [NamedGroup.X25519MLKem768],
            _ => [NamedGroup.X25519],
        },
    };

    /// <summary>Looks at every packet with a long header. RFC 9369 §4.1.</summary>
    private sealed class Wire
    {
        private readonly QuicVersion _from;
        private readonly QuicVersion _to;
        private readonly List<string> _faults = [];

        // What Initial keys may come from: several Retries may be sent, of which the client follows one.
        private readonly List<ConnectionId> _origins = [];
        private bool _isSettled;
        private int _moved;

        public Wire(World world, QuicVersion from, QuicVersion to)
        {
            _from = from;
            _to = to;
            world.OnSent = (sender, x) => ForEach(x.Bytes, (in PacketHeader header, ReadOnlySpan<byte> packet) => Look(sender == world.Server, header, packet));
        }

        public delegate void PacketAction(in PacketHeader header, ReadOnlySpan<byte> packet);

        public static void ForEach(ReadOnlySpan<byte> datagram, PacketAction action)
        {
            while (!datagram.IsEmpty && PacketHeader.TryRead(datagram, 8, out PacketHeader header) && header.Type != PacketType.OneRtt)
            {
                action(header, datagram[..header.Length]);
                datagram = datagram[header.Length..];
            }
        }

        public void Check()
        {
            Assert.Empty(_faults);
            Assert.True(_moved > 0);
        }

        private void Look(bool isServer, in PacketHeader header, ReadOnlySpan<byte> packet)
        {
            switch (header.Type)
            {
                case PacketType.Retry:
                    Expect(header.Version == _from, "a Retry in another version than the original one");
                    _origins.Add(header.Source);
                    break;
                case PacketType.Handshake:
                    Expect(header.Version == _to, "a Handshake packet that is not in the negotiated version");
                    _isSettled |= !isServer;
                    break;
                case PacketType.Initial when isServer:
                    foreach (ConnectionId origin in _origins)
                    {
                        if (InitialReader.Open(packet, header, origin, EndpointRole.Server) is { } opened && InitialReader.TryFindCrypto(opened.Payload, out _))
                        {
                            Expect(header.Version == _to, "a server's CRYPTO frame in the original version");
                            _moved++;
                        }
                    }

                    break;
                case PacketType.Initial:
                    if (_origins.Count == 0)
                    {
                        _origins.Add(header.Destination);
                        Expect(header.Version == _from, "the first packet is not in the original version");
                    }

                    Expect(!_isSettled || header.Version == _to, "a client that knows of the change sends the original version");
                    break;
                default:
                    break;
            }
        }

        private void Expect(bool holds, string fault)
        {
            if (!holds)
            {
                _faults.Add(fault);
            }
        }
    }
}
