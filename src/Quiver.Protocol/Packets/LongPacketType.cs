using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Packets;

/// <summary>The type bits of long headers: version 2 has them turned by one. RFC 9000 §17.2, RFC 9369 §3.2.</summary>
internal static class LongPacketType
{
    private const int TypeMask = 3;
    private const int TypeShift = 4;

    /// <summary>The type bits, in their place in the first byte.</summary>
    public static int ToBits(PacketType type, QuicVersion version) =>
        (((int)type + (version == QuicVersion.V2 ? 1 : 0)) & TypeMask) << TypeShift;

    public static PacketType FromBits(byte first, QuicVersion version) =>
        (PacketType)(((first >> TypeShift) - (version == QuicVersion.V2 ? 1 : 0)) & TypeMask);
}
