using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Connections;

/// <summary>A packet that was authenticated: its number, and its frames as plain bytes in the datagram.</summary>
internal readonly ref struct OpenedPacket(PacketSpace space, EncryptionLevel level, ulong packetNumber, ConnectionId destination, ReadOnlySpan<byte> payload)
{
    public PacketSpace Space { get; } = space;

    /// <summary>The keys that it came under: the 1-RTT space has two kinds.</summary>
    public EncryptionLevel Level { get; } = level;

    public ulong PacketNumber { get; } = packetNumber;

    public ConnectionId Destination { get; } = destination;

    public ReadOnlySpan<byte> Payload { get; } = payload;
}
