using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Packets;

/// <summary>Version Negotiation: the versions that a server speaks. RFC 9000 §17.2.1.</summary>
internal static class VersionNegotiationPacket
{
    public static int Write(
        Span<byte> destination, ReadOnlySpan<byte> clientDestination, ReadOnlySpan<byte> clientSource, IRandomSource random)
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
        foreach (QuicVersion version in QuicVersions.Spoken)
        {
            writer.WriteUInt32((uint)version);
        }

        // A reserved version keeps clients from depending on the list. RFC 9000 §6.3.
        writer.WriteUInt32(0x0A0A_0A0A | ((uint)(grease[1] & 0xF0) << 24));
        return writer.Position;
    }

    public static bool Offers(ReadOnlySpan<byte> versions, QuicVersion version)
    {
        var reader = new PacketReader(versions);
        while (reader.TryReadUInt32(out uint offered))
        {
            if (offered == (uint)version)
            {
                return true;
            }
        }

        return false;
    }
}
