using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;
using Quiver.Simulation.Network;

namespace Quiver.Simulation.Tests;

/// <summary>Which connection ids were seen on which pair of addresses, as somebody sees it who watches all networks.</summary>
internal sealed class IdsByPath
{
    private readonly Dictionary<(bool FromClient, ConnectionId Id), HashSet<(PathAddress From, PathAddress To)>> _seen = [];

    public IdsByPath(World world)
    {
        world.OnSent += (from, datagram) =>
        {
            if (!PacketHeader.TryRead(datagram.Bytes, 8, out PacketHeader header) || header.Type != PacketType.OneRtt)
            {
                return;
            }

            (bool, ConnectionId) key = (from == world.Client, header.Destination);
            if (!_seen.TryGetValue(key, out HashSet<(PathAddress, PathAddress)>? paths))
            {
                _seen[key] = paths = [];
            }

            paths.Add((datagram.Arrival.Remote, datagram.Arrival.Local));
            Datagrams[datagram.Arrival.Remote] = Datagrams.GetValueOrDefault(datagram.Arrival.Remote) + 1;
        };
    }

    /// <summary>Datagrams by the address that sent them.</summary>
    public Dictionary<PathAddress, int> Datagrams { get; } = [];

    public int Count(bool fromClient) => _seen.Keys.Count(key => key.FromClient == fromClient);

    /// <summary>No id may be seen on two paths. RFC 9000 §9.5.</summary>
    public void AssertUnlinkable() => Assert.All(_seen, seen => Assert.Single(seen.Value));
}
