using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Datagrams;

/// <summary>A datagram that waits to be sent, in a block that the queue rents and returns.</summary>
internal readonly record struct QueuedDatagram(byte[] Block, int Length, byte Priority, Timestamp Expires, long Tag)
{
    public ReadOnlySpan<byte> Data => Block.AsSpan(0, Length);
}
