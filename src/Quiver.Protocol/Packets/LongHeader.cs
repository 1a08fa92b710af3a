using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Packets;

/// <summary>Writes long headers of packets that carry a packet number. RFC 9000 §17.2.</summary>
internal static class LongHeader
{
    /// <summary>The Length field always takes two bytes, so that it can be filled in when the payload is known.</summary>
    public const int LengthFieldLength = 2;

    public static int Size(PacketType type, in ConnectionId destination, in ConnectionId source, int tokenLength, int packetNumberLength) =>
        1 + 4 + 1 + destination.Length + 1 + source.Length
        + (type == PacketType.Initial ? VarInt.Length((ulong)tokenLength) + tokenLength : 0) + LengthFieldLength + packetNumberLength;

    /// <summary>Writes up to and with an empty Length field; the packet number comes next.</summary>
    public static void Write(
        ref PacketWriter writer,
        QuicVersion version,
        PacketType type,
        in ConnectionId destination,
        in ConnectionId source,
        ReadOnlySpan<byte> token,
        int packetNumberLength)
    {
        writer.WriteByte((byte)(PacketHeader.LongFormBit | PacketHeader.FixedBit | LongPacketType.ToBits(type, version) | (packetNumberLength - 1)));
        writer.WriteUInt32((uint)version);
        writer.WriteConnectionId(destination);
        writer.WriteConnectionId(source);
        if (type == PacketType.Initial)
        {
            writer.WriteVarInt((ulong)token.Length);
            writer.WriteBytes(token);
        }

        writer.WriteVarInt(0, LengthFieldLength);
    }
}
