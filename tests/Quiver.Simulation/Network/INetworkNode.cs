namespace Quiver.Simulation.Network;

/// <summary>A piece of network: passes a datagram on, later, changed, twice or not at all.</summary>
internal interface INetworkNode
{
    void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward);
}
