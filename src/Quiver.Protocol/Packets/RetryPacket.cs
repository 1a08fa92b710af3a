using Quiver.Protocol.Buffers;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Packets;

/// <summary>Retry: the client is to come again with a token. RFC 9000 §17.2.5.</summary>
internal static class RetryPacket
{
    /// <summary>Writes the packet; returns its length, which stays below that of the Initial it answers.</summary>
    public static int Write(
        Span<byte> destination,
        QuicVersion version,
        in ConnectionId clientSource,
        in ConnectionId retrySource,
        in ConnectionId originalDestination,
        ReadOnlySpan<byte> token,
        IRandomSource random)
    {
        // The low bits say nothing, so they are made to. RFC 9000 §17.2.5.
        Span<byte> unused = stackalloc byte[1];
        random.Fill(unused);
        var writer = new PacketWriter(destination);
        writer.WriteByte((byte)(PacketHeader.LongFormBit | PacketHeader.FixedBit | LongPacketType.ToBits(PacketType.Retry, version) | (unused[0] & 0x0F)));
        writer.WriteUInt32((uint)version);
        writer.WriteConnectionId(clientSource);
        writer.WriteConnectionId(retrySource);
        writer.WriteBytes(token);
        RetryIntegrity.ComputeTag(version, originalDestination.Span, writer.Written, writer.Free);
        return writer.Position + RetryIntegrity.TagLength;
    }
}
