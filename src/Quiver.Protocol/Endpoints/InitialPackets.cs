using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Quiver.Protocol.Buffers;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Endpoints;

/// <summary>Initial packets of connections that there will not be: read, and answered with CONNECTION_CLOSE. Nothing is kept of either.</summary>
internal static class InitialPackets
{
    private const int NumberLength = 4;

    /// <summary>Whether the client's first packet is intact: a token that was damaged on the way must not end its connection.</summary>
    public static bool IsAuthentic(ReadOnlySpan<byte> datagram, in PacketHeader header)
    {
        int numberOffset = header.PayloadOffset;
        int sampleOffset = numberOffset + NumberLength;
        if (header.Length < sampleOffset + PacketProtection.SampleLength)
        {
            return false;
        }

        using PacketProtection keys = InitialKeys.Create(header.Version, header.Destination.Span, EndpointRole.Client);
        byte[] copy = ArrayPool<byte>.Shared.Rent(header.Length);
        Span<byte> packet = copy.AsSpan(0, header.Length);
        datagram[..header.Length].CopyTo(packet);
        Span<byte> mask = stackalloc byte[PacketProtection.MaskLength];
        keys.HeaderMask(packet.Slice(sampleOffset, PacketProtection.SampleLength), mask);
        packet[0] ^= (byte)(mask[0] & 0x0F);
        int length = (packet[0] & 3) + 1;
        for (int i = 0; i < length; i++)
        {
            packet[numberOffset + i] ^= mask[1 + i];
        }

        int payloadOffset = numberOffset + length;

        // It is the first, or one of the first: its number is what it says.
        ulong number = PacketNumberCodec.ReadTruncated(packet[numberOffset..payloadOffset]);
        bool isAuthentic = keys.TryOpen(number, packet[..payloadOffset], packet[payloadOffset..]);
        ArrayPool<byte>.Shared.Return(copy);
        return isAuthentic;
    }

    /// <summary>Writes the answer to a client's Initial that turns it away; returns its length. RFC 9000 §10.2.3, §17.2.2.</summary>
    public static int WriteClose(Span<byte> destination, in ServerInitial initial, TransportErrorCode code, string reason)
    {
        var frame = new ConnectionCloseFrame(false, (ulong)code, 0, Encoding.UTF8.GetBytes(reason));
        var writer = new PacketWriter(destination);

        // From the id that the client sent to: there is no other.
        LongHeader.Write(ref writer, initial.Version, PacketType.Initial, initial.SourceConnectionId, initial.DestinationConnectionId, [], NumberLength);
        int numberOffset = writer.Position;
        writer.WriteZeros(NumberLength);
        int payloadOffset = writer.Position;
        frame.Write(ref writer);
        int end = writer.Position + PacketProtection.TagLength;
        BinaryPrimitives.WriteUInt16BigEndian(destination[(numberOffset - LongHeader.LengthFieldLength)..], (ushort)(0x4000 | (end - numberOffset)));

        using PacketProtection keys = InitialKeys.Create(initial.Version, initial.DestinationConnectionId.Span, EndpointRole.Server);
        keys.Seal(0, destination[..payloadOffset], destination[payloadOffset..end]);
        Span<byte> mask = stackalloc byte[PacketProtection.MaskLength];
        keys.HeaderMask(destination.Slice(numberOffset + NumberLength, PacketProtection.SampleLength), mask);
        destination[0] ^= (byte)(mask[0] & 0x0F);
        for (int i = 0; i < NumberLength; i++)
        {
            destination[numberOffset + i] ^= mask[1 + i];
        }

        return end;
    }
}
