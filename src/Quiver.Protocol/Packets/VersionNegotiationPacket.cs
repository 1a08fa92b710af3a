using System.Buffers.Binary;
using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Packets;

/// <summary>Version Negotiation: the versions that a server speaks. RFC 9000 §17.2.1.</summary>
internal static class VersionNegotiationPacket
{
    /// <summary>More entries than these say nothing new, and are not looked at.</summary>
    public const int MaxVersions = 64;

    public static int Write(
        Span<byte> destination,
        ReadOnlySpan<byte> clientDestination,
        ReadOnlySpan<byte> clientSource,
        IReadOnlyList<QuicVersion> versions,
        IRandomSource random)
    {
        Span<byte> grease = stackalloc byte[2];
        random.Fill(grease);
        var writer = new PacketWriter(destination);
        writer.WriteByte((byte)(PacketHeader.LongFormBit | PacketHeader.FixedBit | (grease[0] & 0x3F)));
        writer.WriteUInt32((uint)QuicVersion.Negotiation);

        // The ids go back swapped, of whatever length they were. RFC 8999 §6.
        writer.WriteByte((byte)clientSource.Length);
        writer.WriteBytes(clientSource);
        writer.WriteByte((byte)clientDestination.Length);
        writer.WriteBytes(clientDestination);
        foreach (QuicVersion version in versions)
        {
            writer.WriteUInt32((uint)version);
        }

        // A reserved version keeps clients from depending on the list. RFC 9000 §6.3.
        writer.WriteUInt32(0x0A0A_0A0A | ((uint)(grease[1] & 0xF0) << 24));
        return writer.Position;
    }

    /// <summary>Reads what follows the header. A packet without a version, or with part of one, is no packet. RFC 8999 §6.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out uint[] versions)
    {
        versions = [];
        if (payload.IsEmpty || payload.Length % sizeof(uint) != 0)
        {
            return false;
        }

        versions = new uint[Math.Min(payload.Length / sizeof(uint), MaxVersions)];
        for (int i = 0; i < versions.Length; i++)
        {
            versions[i] = BinaryPrimitives.ReadUInt32BigEndian(payload[(i * sizeof(uint))..]);
        }

        return true;
    }
}
