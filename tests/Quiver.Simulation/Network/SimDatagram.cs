using Quiver.Protocol.Connections;

namespace Quiver.Simulation.Network;

/// <summary>A datagram on its way, and its place in the order of sending in its direction (from 0).</summary>
internal sealed record SimDatagram(byte[] Bytes, DatagramArrival Arrival, int Number);
