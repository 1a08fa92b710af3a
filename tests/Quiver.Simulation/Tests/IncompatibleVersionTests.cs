using Quiver.Protocol.Connections;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.TransportParameters;
using Quiver.Simulation.Attack;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;
using Quiver.Testing;

namespace Quiver.Simulation.Tests;

/// <summary>Version Negotiation followed, and those who would abuse it. RFC 9000 §6, RFC 9368 §2.1, §4.</summary>
public sealed class IncompatibleVersionTests
{
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(20);
    private static readonly QuicVersion[] s_both = [QuicVersion.V1, QuicVersion.V2];
    private static readonly QuicVersion[] s_rather2 = [QuicVersion.V2, QuicVersion.V1];
    private static readonly uint s_v1 = (uint)QuicVersion.V1;
    private static readonly uint s_v2 = (uint)QuicVersion.V2;

    public static TheoryData<int, bool> Seeds()
    {
        TheoryData<int, bool> data = [];
        for (int seed = 0; seed < 20; seed++)
        {
            data.Add(seed, seed % 2 == 0);
        }

        return data;
    }

    [Theory, MemberData(nameof(Seeds))]
    [Rfc(9368, "2.1"), Rfc(9368, "4"), Rfc(9000, "6.2")]
    public void A_client_begins_again_with_a_version_that_both_speak(int seed, bool to2)
    {
        double loss = seed < 2 ? 0 : 0.2;
        INetworkNode[] Nodes() => [new Loss(loss), new Duplicate(loss), new Reorder(loss, 2 * s_delay), new Delay(s_delay)];
        (QuicVersion from, QuicVersion to) = to2 ? (QuicVersion.V1, QuicVersion.V2) : (QuicVersion.V2, QuicVersion.V1);
        using var world = new World(seed, Nodes(), Nodes(), new SimServerOptions { Versions = [to], Retry = seed % 5 == 1 });
        List<(QuicVersion Version, ConnectionId Destination, byte[] Bytes)> initials = [];
        world.OnSent = (sender, x) =>
        {
            if (sender == world.Client && PacketHeader.TryRead(x.Bytes, 8, out PacketHeader header) && header.Type == PacketType.Initial)
            {
                // A copy, since packets are opened in place.
                initials.Add((header.Version, header.Destination, [.. x.Bytes]));
            }
        };
        SimConnection client = world.Client.Connect(x => x with { Version = from, Versions = s_rather2, AddressToken = [1, 2, 3] });
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromMinutes(3)), $"seed {seed}: {client.Closed}");
        Assert.Equal((to, to), (client.Connection.Version, client.Connection.OriginalVersion));
        Sessions.Exchange(world, client);
        Assert.Equal(from, initials[0].Version);

        // The second attempt is a connection of its own: another id, numbers from 0, and no token of the first version.
        (QuicVersion Version, ConnectionId Destination, byte[] Bytes) second = initials.First(x => x.Version == to);
        Assert.NotEqual(initials[0].Destination, second.Destination);
        Assert.True(PacketHeader.TryRead(second.Bytes, 8, out PacketHeader again));
        Assert.True(again.Token.IsEmpty);
        (ulong Number, byte[] Payload)? opened = InitialReader.Open(second.Bytes, again, second.Destination, EndpointRole.Client);
        Assert.Equal(0UL, opened!.Value.Number);
        Assert.DoesNotContain(initials.SkipWhile(x => x.Version == from), x => x.Version == from);
    }

    [Fact, Rfc(9368, "2.1")]
    public void Version_Negotiation_costs_one_round_trip()
    {
        using World world = NewWorld([QuicVersion.V2]);
        Timestamp start = world.Now;
        SimConnection client = world.Client.Connect(x => x with { Versions = s_both });
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(1)));
        Assert.Equal(4 * s_delay, world.Now - start);
    }

    [Fact, Rfc(9368, "2.4")]
    public void A_compatible_change_can_follow()
    {
        // Offers version 1 alone, and then goes on in version 2.
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)], new SimServerOptions
        {
            Versions = [QuicVersion.V1],
            Configure = x => x with { Versions = s_rather2 },
        });
        SimConnection client = world.Client.Connect(x => x with { Version = QuicVersion.V2, Versions = s_both });
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(1)), $"{client.Closed}");
        Assert.Equal((QuicVersion.V2, QuicVersion.V1), (client.Connection.Version, client.Connection.OriginalVersion));
    }

    [Fact, Rfc(9368, "2.1"), Rfc(9000, "6.2")]
    public void Without_a_common_version_connecting_fails_within_a_round_trip_and_both_sides_are_named()
    {
        using World world = NewWorld([QuicVersion.V2]);
        Timestamp start = world.Now;
        SimConnection client = world.Client.Connect(x => x with { Versions = [QuicVersion.V1] });
        Assert.True(world.RunUntil(() => client.Closed is not null, TimeSpan.FromSeconds(1)));
        Assert.Equal(2 * s_delay, world.Now - start);
        Assert.Equal(CloseKind.VersionNegotiation, client.Closed!.Kind);
        Assert.StartsWith("the server offers version 2, 0x", client.Closed.Reason, StringComparison.Ordinal);
        Assert.EndsWith("this side version 1", client.Closed.Reason, StringComparison.Ordinal);
        Assert.Empty(world.Server.Connections);
    }

    [Theory, Rfc(9368, "4")]
    [InlineData(false)]
    [InlineData(true)]
    public void A_forged_Version_Negotiation_is_found_out(bool serverChangesItBack)
    {
        // Both speak version 2 and the client prefers it; somebody on the path wants version 1.
        using World world = NewWorld(serverChangesItBack ? s_rather2 : s_both);
        SimConnection client = ConnectUnderAttack(world, QuicVersion.V2, s_rather2, (in header) => [Forge(header, s_v1)]);
        Assert.True(world.RunUntil(() => client.Closed is not null, TimeSpan.FromSeconds(5)));
        Assert.False(client.IsConnected);
        Assert.Equal((CloseKind.LocalTransport, (ulong)TransportErrorCode.VersionNegotiationError), (client.Closed!.Kind, client.Closed.Code));
        Assert.Contains("Version Negotiation was forged: the server speaks", client.Closed.Reason, StringComparison.Ordinal);
        Assert.Contains("offers version 2, version 1", client.Closed.Reason, StringComparison.Ordinal);
        Assert.True(world.RunUntil(() => world.Server.Connections.Any(x => x.Closed is { Code: (ulong)TransportErrorCode.VersionNegotiationError }), TimeSpan.FromSeconds(5)));
    }

    [Theory, Rfc(9368, "4"), Rfc(9000, "6.2")]
    [InlineData(QuicVersion.V1)]
    [InlineData(QuicVersion.V2)]
    internal void Version_Negotiation_with_the_version_in_use_is_ignored(QuicVersion version)
    {
        using World world = NewWorld(null);
        SimConnection client = ConnectUnderAttack(
            world, version, s_rather2, (in header) => [Forge(header, s_v1, s_v2), Forge(header, (uint)version), Forge(header, s_v2, s_v1)]);
        Timestamp start = world.Now;
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(5)));
        Assert.Equal((version, 2 * s_delay), (client.Connection.Version, world.Now - start));

        // One attempt: a second would have made another connection at the server.
        world.Run(TimeSpan.FromSeconds(2));
        Assert.Single(world.Server.Connections);
    }

    [Fact, Rfc(9368, "2.1"), Rfc(8999, "6"), Rfc(9000, "6.2")]
    public void Version_Negotiation_that_is_broken_or_for_other_ids_is_ignored()
    {
        using World world = NewWorld(null);
        SimConnection client = ConnectUnderAttack(
            world,
            QuicVersion.V2,
            s_rather2,
            (in header) =>
            [
                Forge(header),
                Forge(header, s_v1)[..^1],
                [.. Forge(header, s_v1), 0],
                Forge(header, new ConnectionId([1, 2, 3, 4, 5, 6, 7, 8]), s_v1),
            ]);
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(5)), $"{client.Closed}");
        Assert.Equal(QuicVersion.V2, client.Connection.Version);
    }

    [Fact, Rfc(9000, "6.2")]
    public void Version_Negotiation_after_any_other_packet_is_ignored()
    {
        using World world = NewWorld(null);
        byte[]? late = null;
        world.OnSent = (from, x) =>
        {
            if (from == world.Client && late is null && PacketHeader.TryRead(x.Bytes, 8, out PacketHeader first))
            {
                late = Forge(first, s_v1);
            }
            else if (from == world.Client && late is not null)
            {
                // The client has seen the server's first flight.
                world.Inject(world.Client, [.. late], new DatagramArrival(world.Client.Address, world.Server.Address, EcnCodepoint.NotEct));
            }
        };
        SimConnection client = world.Client.Connect(x => x with { Version = QuicVersion.V2, Versions = s_rather2 });
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(5)));
        Sessions.Exchange(world, client);
        Assert.Null(client.Closed);
        Assert.Equal(QuicVersion.V2, client.Connection.Version);
    }

    [Fact, Rfc(9368, "4")]
    public void A_second_Version_Negotiation_is_ignored()
    {
        using World world = NewWorld([QuicVersion.V2]);
        int attempts = 0;
        world.OnSent = (from, x) =>
        {
            if (from == world.Client && PacketHeader.TryRead(x.Bytes, 8, out PacketHeader header) && header.Type == PacketType.Initial && header.Version == QuicVersion.V2)
            {
                attempts++;
                world.Inject(world.Client, Forge(header, s_v1), new DatagramArrival(world.Client.Address, world.Server.Address, EcnCodepoint.NotEct));
            }
        };
        SimConnection client = world.Client.Connect(x => x with { Versions = s_both });
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(5)), $"{client.Closed}");
        Assert.True(attempts > 0);
        Assert.Equal(QuicVersion.V2, client.Connection.Version);
    }

    [Fact, Rfc(9368, "2.1")]
    public void A_server_ignores_Version_Negotiation()
    {
        using World world = NewWorld(null);
        SimConnection client = world.Client.Connect();
        Assert.True(world.RunUntil(() => client.IsConnected && world.Server.Connections is [{ IsConnected: true }], TimeSpan.FromSeconds(5)));
        int answers = 0;
        world.OnSent = (from, _) => answers += from == world.Server ? 1 : 0;
        byte[] forged = new byte[1200];
        byte[] head = [0x80, 0, 0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 8, 1, 2, 3, 4, 5, 6, 7, 8];
        head.CopyTo(forged, 0);
        world.Inject(world.Server, forged, new DatagramArrival(world.Server.Address, world.Client.Address, EcnCodepoint.NotEct));
        world.Run(TimeSpan.Zero);
        Assert.Equal(0, answers);
        Assert.Single(world.Server.Connections);
    }

    [Fact, Rfc(9368, "4")]
    public void Hiding_the_clients_version_information_ends_the_handshake()
    {
        // The parameter gets another number under the keys that everybody can make, so that the server does not know what the client offers.
        World world = null!;
        int changed = 0;
        var hide = new Rewrite(x =>
        {
            if (PacketHeader.TryRead(x.Bytes, 8, out PacketHeader header) && header.Type == PacketType.Initial
                && InitialReader.Open(x.Bytes, header, header.Destination, EndpointRole.Client) is { } opened && TryRename(opened.Payload))
            {
                changed++;
                ConnectionId destination = header.Destination;
                var forge = new PacketForge(
                    EndpointRole.Client, destination, header.Source, _ => InitialKeys.Create(QuicVersion.V1, destination.Span, EndpointRole.Client));
                return x with { Bytes = forge.Make(EncryptionLevel.Initial, opened.Payload)! };
            }

            return x;
        });
        using (world = new World(1, [hide, new Delay(s_delay)], [new Delay(s_delay)], new SimServerOptions { Versions = s_rather2 }))
        {
            SimConnection client = world.Client.Connect(x => x with { Versions = s_both, HandshakeTimeout = TimeSpan.FromSeconds(10) });
            Assert.True(world.RunUntil(() => client.Closed is not null, TimeSpan.FromSeconds(20)));
            Assert.True(changed > 0);
            Assert.False(client.IsConnected);
            Assert.All(world.Server.Connections, x => Assert.False(x.IsConnected));
            Assert.All(world.Server.Connections, x => Assert.Equal(QuicVersion.V1, x.Connection.Version));
        }
    }

    [Fact, Rfc(9368, "4")]
    public void A_forged_version_in_a_long_header_makes_no_connection()
    {
        // The server wants version 1. A packet in version 2 that anybody can make comes first, and the client believes it for now.
        using World world = NewWorld(s_both);
        bool isForged = false;
        world.OnSent = (from, x) =>
        {
            if (!isForged && from == world.Client && PacketHeader.TryRead(x.Bytes, 8, out PacketHeader header))
            {
                isForged = true;
                ConnectionId destination = header.Destination;
                var forge = new PacketForge(
                    EndpointRole.Server, header.Source, destination, _ => InitialKeys.Create(QuicVersion.V2, destination.Span, EndpointRole.Server));
                byte[] packet = forge.Make(EncryptionLevel.Initial, [1, 0, 0, 0], version: QuicVersion.V2)!;
                world.Inject(world.Client, packet, new DatagramArrival(world.Client.Address, world.Server.Address, EcnCodepoint.NotEct));
            }
        };
        SimConnection client = world.Client.Connect(x => x with { Versions = s_both, HandshakeTimeout = TimeSpan.FromSeconds(10) });
        Assert.True(world.RunUntil(() => client.Closed is not null, TimeSpan.FromSeconds(20)));
        Assert.True(isForged);
        Assert.False(client.IsConnected);
    }

    [Fact, Rfc(9368, "4"), Rfc(9368, "8")]
    public void What_the_server_says_of_versions_must_agree_with_what_happened()
    {
        // Silence: fine unless something other than version 1 was negotiated.
        Choice(QuicVersion.V1).Check(null);
        Choice(QuicVersion.V2).Check(null);
        Choice(QuicVersion.V2, QuicVersion.V1).Check(null);
        Fails(Choice(QuicVersion.V1, QuicVersion.V2), null);
        Fails(Changed(QuicVersion.V1, QuicVersion.V2), null);

        // The choice is that of the packets.
        Choice(QuicVersion.V1).Check(new VersionInformation(s_v1, []));
        Fails(Choice(QuicVersion.V1), new VersionInformation(s_v2, [s_v1, s_v2]));
        Fails(Choice(QuicVersion.V1), new VersionInformation(0x1A2A3A4A, [s_v1]));
        Changed(QuicVersion.V1, QuicVersion.V2).Check(new VersionInformation(s_v2, [s_v2]));
        Fails(Changed(QuicVersion.V1, QuicVersion.V2), new VersionInformation(s_v1, [s_v1, s_v2]));

        // After Version Negotiation: we would have begun in the same one, had we known.
        Choice(QuicVersion.V1, QuicVersion.V2).Check(new VersionInformation(s_v2, [s_v2, 0x1A2A3A4A]));
        Choice(QuicVersion.V2, QuicVersion.V1).Check(new VersionInformation(s_v1, [s_v1]));
        Fails(Choice(QuicVersion.V2, QuicVersion.V1), new VersionInformation(s_v1, [s_v1, s_v2]));
        Fails(Choice(QuicVersion.V1, QuicVersion.V2), new VersionInformation(s_v2, []));

        static VersionChoice Choice(QuicVersion original, QuicVersion? second = null)
        {
            var choice = new VersionChoice(EndpointRole.Client, original, s_rather2);
            if (second is QuicVersion version)
            {
                choice.BeginAgain(version);
            }

            return choice;
        }

        static VersionChoice Changed(QuicVersion original, QuicVersion version)
        {
            VersionChoice choice = Choice(original);
            choice.Change(version);
            return choice;
        }

        static void Fails(VersionChoice choice, VersionInformation? information) =>
            Assert.Equal(TransportErrorCode.VersionNegotiationError, Assert.Throws<TransportException>(() => choice.Check(information)).Code);
    }

    [Fact, Rfc(9368, "4")]
    public void A_client_whose_choice_is_not_the_version_of_its_packets_is_turned_away()
    {
        var choice = new VersionChoice(EndpointRole.Server, QuicVersion.V1, []);
        choice.Check(null);
        choice.Check(new VersionInformation(s_v1, [s_v1]));
        TransportException error = Assert.Throws<TransportException>(() => choice.Check(new VersionInformation(s_v2, [s_v1, s_v2])));
        Assert.Equal(TransportErrorCode.VersionNegotiationError, error.Code);
    }

    [Fact, Rfc(9368, "2.3")]
    public void A_server_that_finds_no_version_for_a_client_closes_and_names_both_sides()
    {
        // Let in by an endpoint that takes version 1, for a listener that does not.
        using World world = NewWorld([QuicVersion.V2], accepted: s_both);
        SimConnection client = world.Client.Connect(x => x with { Versions = [QuicVersion.V1] });
        Assert.True(world.RunUntil(() => client.Closed is not null, TimeSpan.FromSeconds(5)));
        Assert.Equal((CloseKind.PeerTransport, (ulong)TransportErrorCode.VersionNegotiationError), (client.Closed!.Kind, client.Closed.Code));
        Assert.Equal("the client offers version 1, the server takes version 2", client.Closed.Reason);
    }

    [Fact, Rfc(9369, "5"), Rfc(9001, "4.6.2")]
    public void Early_data_of_the_first_attempt_counts_as_refused()
    {
        // The process starts again, and takes version 2 only.
        IReadOnlyList<QuicVersion> versions = s_both;
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)], new SimServerOptions
        {
            Tickets = new SimTickets(),
            Configure = x => x with { Versions = versions },
        });
        SimConnection first = Sessions.Connect(world);
        SimSession session = first.Sessions[0];
        first.Connection.Close(0, "done", world.Now);
        world.Run(TimeSpan.FromSeconds(5));
        versions = [QuicVersion.V2];
        world.Server.Routing.Versions = versions;
        SimConnection client = world.Client.Connect(x => x with { Versions = s_both }, session: session);
        client.Open().Send(5_000);
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(5)), $"{client.Closed}");
        Assert.False(client.EarlyData);
        Assert.False(client.Connection.Tls.IsResumed);
        Assert.Equal(QuicVersion.V2, client.Connection.Version);
        Assert.Empty(world.Server.Connections[^1].Streams);
        Sessions.Exchange(world, client);
    }

    private static World NewWorld(IReadOnlyList<QuicVersion>? versions, IReadOnlyList<QuicVersion>? accepted = null) =>
        new(1, [new Delay(s_delay)], [new Delay(s_delay)], new SimServerOptions
        {
            Versions = accepted ?? versions,
            Configure = x => x with { Versions = versions },
        });

    /// <summary>What the attacker makes of the first Initial is at the client before any answer can be.</summary>
    private static SimConnection ConnectUnderAttack(World world, QuicVersion version, IReadOnlyList<QuicVersion> offers, Attack attack)
    {
        bool isDone = false;
        world.OnSent = (from, x) =>
        {
            if (!isDone && from == world.Client && PacketHeader.TryRead(x.Bytes, 8, out PacketHeader header))
            {
                isDone = true;
                foreach (byte[] forged in attack(header))
                {
                    world.Inject(world.Client, forged, new DatagramArrival(world.Client.Address, world.Server.Address, EcnCodepoint.NotEct));
                }
            }
        };
        return world.Client.Connect(x => x with { Version = version, Versions = offers });
    }

    private static byte[] Forge(in PacketHeader initial, params uint[] versions) => Forge(initial, initial.Destination, versions);

    private static byte[] Forge(in PacketHeader initial, in ConnectionId server, params uint[] versions) =>
    [
        0x80, 0, 0, 0, 0,
        (byte)initial.Source.Length, .. initial.Source.Span,
        (byte)server.Length, .. server.Span,
        .. versions.SelectMany(x => new byte[] { (byte)(x >> 24), (byte)(x >> 16), (byte)(x >> 8), (byte)x }),
    ];

    /// <summary>Gives version_information (of two versions, beginning with version 1) the number of a parameter that nobody knows.</summary>
    private static bool TryRename(byte[] payload)
    {
        byte[] parameter = [0x11, 12, 0, 0, 0, 1];
        int at = payload.AsSpan().IndexOf(parameter);
        if (at >= 0)
        {
            payload[at] = 0x3A;
        }

        return at >= 0;
    }

    private delegate byte[][] Attack(in PacketHeader initial);
}
