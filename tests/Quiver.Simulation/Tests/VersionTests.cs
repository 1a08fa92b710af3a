using Quiver.Protocol.Connections;
using Quiver.Protocol.Endpoints;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;
using Quiver.Testing;

namespace Quiver.Simulation.Tests;

/// <summary>Connections of either version, and what neither side may do to the version.</summary>
public sealed class VersionTests
{
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(20);

    [Theory, Rfc(9369, "4")]
    [InlineData(0.0, 1)]
    [InlineData(0.1, 2)]
    [InlineData(0.1, 3)]
    public void A_connection_of_version_2_carries_data_through_key_updates_in_version_2_alone(double loss, int seed)
    {
        using var world = new World(seed, [new Loss(loss), new Delay(s_delay)], [new Loss(loss), new Delay(s_delay)]);
        HashSet<QuicVersion> seen = [];
        world.OnSent = (_, datagram) =>
        {
            if (PacketHeader.TryRead(datagram.Bytes, 8, out PacketHeader header) && header.Type != PacketType.OneRtt)
            {
                seen.Add(header.Version);
            }
        };
        SimConnection client = Connect(world, QuicVersion.V2);
        SimConnection server = world.Server.Connections[0];
        SimStream up = client.Open();
        up.Send(300_000);
        world.Run(5 * s_delay);
        client.Connection.UpdateKeys();
        Assert.True(world.RunUntil(() => server.Streams is [{ IsEnded: true }], TimeSpan.FromMinutes(2)), $"seed {seed}");
        Assert.Equal(1, server.Connection.KeyUpdates);
        Assert.Equal([QuicVersion.V2], seen);
        Assert.Equal((QuicVersion.V2, QuicVersion.V2), (client.Connection.Version, server.Connection.Version));
    }

    [Fact, Rfc(9368, "4")]
    public void Both_sides_say_their_version_under_TLS()
    {
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)]);
        SimConnection client = Connect(world, QuicVersion.V2);
        Assert.Equal((uint)QuicVersion.V2, client.Connection.PeerParameters!.VersionInformation!.Chosen);
        Assert.Equal([(uint)QuicVersion.V1, (uint)QuicVersion.V2], client.Connection.PeerParameters.VersionInformation.Available);
        SimConnection server = world.Server.Connections[0];
        Assert.Equal((uint)QuicVersion.V2, server.Connection.PeerParameters!.VersionInformation!.Chosen);
        Assert.Equal([(uint)QuicVersion.V2], server.Connection.PeerParameters.VersionInformation.Available);
    }

    [Fact, Rfc(9369, "4.1")]
    public void Packets_of_the_other_version_are_dropped()
    {
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)]);
        int turned = 0;
        world.OnSent = (from, datagram) =>
        {
            // The version in the header is not under the keys of the packet, but is in what they authenticate.
            if (from == world.Server && turned == 0 && PacketHeader.TryRead(datagram.Bytes, 8, out PacketHeader header) && header.Type == PacketType.Initial)
            {
                turned++;
                byte[] copy = [.. datagram.Bytes];
                new byte[] { 0x6B, 0x33, 0x43, 0xCF }.CopyTo(copy, 1);
                world.Inject(world.Client, copy, datagram.Arrival);
            }
        };
        SimConnection client = Connect(world, QuicVersion.V1);
        Assert.Equal(1, turned);
        Assert.Null(client.Closed);
    }

    [Fact, Rfc(9000, "6.1"), Rfc(9000, "6.3")]
    public void A_version_that_nobody_speaks_is_answered_with_both_that_we_speak()
    {
        var endpoint = new ProtocolEndpoint<SimConnection>(8, acceptsConnections: true);
        byte[] datagram = new byte[1200];
        new byte[] { 0xC0, 0x1A, 0x2A, 0x3A, 0x4A, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0 }.CopyTo(datagram, 0);
        var arrival = new DatagramArrival(PathAddress.FromIPv4(1, 1), PathAddress.FromIPv4(2, 2), EcnCodepoint.NotEct);
        Assert.Equal(RouteKind.NegotiateVersion, endpoint.Route(datagram, arrival).Kind);
        byte[] reply = new byte[100];
        using var world = new World(1, [], []);
        var answers = new StatelessAnswers(world.Server.Ids, world.Server.Tokens, world.Random);
        int length = answers.WriteVersionNegotiation(datagram, endpoint.Versions, reply, world.Now);
        Assert.True(PacketHeader.TryRead(reply.AsSpan(0, length), 8, out PacketHeader header));
        Assert.Equal(PacketType.VersionNegotiation, header.Type);
        Assert.True(VersionNegotiationPacket.TryRead(reply.AsSpan(header.PayloadOffset, length - header.PayloadOffset), out uint[] versions));
        Assert.Equal([(uint)QuicVersion.V1, (uint)QuicVersion.V2], versions[..2]);

        // And a reserved one, so that clients learn not to depend on the list.
        Assert.Equal(0x0A0A_0A0Au, Assert.Single(versions[2..]) & 0x0F0F_0F0F);
    }

    private static SimConnection Connect(World world, QuicVersion version)
    {
        SimConnection client = world.Client.Connect(settings => settings with { Version = version });
        Assert.True(
            world.RunUntil(() => client.IsConnected && world.Server.Connections is [{ IsConnected: true }], TimeSpan.FromMinutes(1)),
            $"seed {world.Seed}: {client.Closed}");
        return client;
    }
}
