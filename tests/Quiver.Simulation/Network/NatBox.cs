using Quiver.Protocol.Primitives;

namespace Quiver.Simulation.Network;

/// <summary>A NAT before the client: the server sees <see cref="External"/>, and only what it sends there comes through.</summary>
internal sealed class NatBox(PathAddress client)
{
    public NatBox()
        : this(PathAddress.FromIPv4(0x0A000001, 50000))
    {
    }

    /// <summary>Set to another address: a rebinding. At first the client's own.</summary>
    public PathAddress External { get; set; } = client;

    /// <summary>Bytes that were sent to each address.</summary>
    public Dictionary<PathAddress, long> SentTo { get; } = [];

    /// <summary>Whether what goes out to the client comes through.</summary>
    public Func<SimDatagram, bool> LetsIn { get; set; } = _ => true;

    public INetworkNode Outward => new Out(this);

    public INetworkNode Inward => new In(this);

    private sealed class Out(NatBox box) : INetworkNode
    {
        public void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward) =>
            forward(datagram with { Arrival = datagram.Arrival with { Remote = box.External } }, TimeSpan.Zero);
    }

    private sealed class In(NatBox box) : INetworkNode
    {
        public void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward)
        {
            PathAddress to = datagram.Arrival.Local;
            box.SentTo[to] = box.SentTo.GetValueOrDefault(to) + datagram.Bytes.Length;
            if (to == box.External && box.LetsIn(datagram))
            {
                forward(datagram with { Arrival = datagram.Arrival with { Local = world.Client.Address } }, TimeSpan.Zero);
            }
        }
    }
}
