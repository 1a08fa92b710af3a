using Quiver.Protocol.Buffers;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;

namespace Quiver.Simulation.Attack;

/// <summary>Makes packets with any content and right keys, as a hostile peer that has shaken hands can.</summary>
internal sealed class PacketForge(EndpointRole sender, ConnectionId destination, ConnectionId source, Func<EncryptionLevel, PacketProtection?> keys)
{
    // Far above what the honest stack uses, so that numbers do not collide.
    private ulong _number = 1 << 20;

    public byte[]? Make(EncryptionLevel level, ReadOnlySpan<byte> payload, byte firstByteBits = 0)
    {
        const int NumberLength = 4;
        if (keys(level) is not PacketProtection protection)
        {
            return null;
        }

        byte[] padded = new byte[Math.Max(payload.Length, 1)];
        payload.CopyTo(padded);
        bool isLong = level != EncryptionLevel.Application;
        bool isClientInitial = level == EncryptionLevel.Initial && sender == EndpointRole.Client;
        int content = isClientInitial ? Math.Max(padded.Length, PacketHeader.MinInitialDatagram) : padded.Length;
        byte[] packet = new byte[100 + content];
        var writer = new PacketWriter(packet);
        if (isLong)
        {
            LongHeader.Write(
                ref writer, level == EncryptionLevel.Initial ? PacketType.Initial : PacketType.Handshake, destination, source, default, NumberLength);
            int lengthOffset = writer.Position - LongHeader.LengthFieldLength;
            VarInt.WriteWithLength(packet.AsSpan(lengthOffset), (ulong)(NumberLength + content + PacketProtection.TagLength), 2);
        }
        else
        {
            writer.WriteByte((byte)(PacketHeader.FixedBit | (NumberLength - 1)));
            writer.WriteBytes(destination.Span);
        }

        packet[0] |= firstByteBits;
        int numberOffset = writer.Position;
        ulong number = _number++;
        PacketNumberCodec.Write(writer.Free, number, NumberLength);
        int payloadOffset = numberOffset + NumberLength;
        padded.CopyTo(packet, payloadOffset);
        int end = payloadOffset + content + PacketProtection.TagLength;
        protection.Seal(number, packet.AsSpan(0, payloadOffset), packet.AsSpan(payloadOffset, end - payloadOffset));
        Span<byte> mask = stackalloc byte[PacketProtection.MaskLength];
        protection.HeaderMask(packet.AsSpan(numberOffset + 4, PacketProtection.SampleLength), mask);
        packet[0] ^= (byte)(mask[0] & (isLong ? 0x0F : 0x1F));
        for (int i = 0; i < NumberLength; i++)
        {
            packet[numberOffset + i] ^= mask[1 + i];
        }

        return packet[..end];
    }
}
