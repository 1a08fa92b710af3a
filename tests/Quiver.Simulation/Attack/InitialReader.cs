using Quiver.Protocol.Buffers;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;

namespace Quiver.Simulation.Attack;

/// <summary>Opens Initial packets as anybody on the path can: their keys follow from an id that is in the clear. RFC 9001 §5.2.</summary>
internal static class InitialReader
{
    /// <summary>The frames of a packet and its number; null when it does not open. <paramref name="origin"/>: the id that the keys come from.</summary>
    public static (ulong Number, byte[] Payload)? Open(ReadOnlySpan<byte> datagram, in PacketHeader header, in ConnectionId origin, EndpointRole sender)
    {
        using PacketProtection keys = InitialKeys.Create(header.Version, origin.Span, sender);
        byte[] packet = datagram[..header.Length].ToArray();
        int numberOffset = header.PayloadOffset;
        Span<byte> mask = stackalloc byte[PacketProtection.MaskLength];
        keys.HeaderMask(packet.AsSpan(numberOffset + 4, PacketProtection.SampleLength), mask);
        packet[0] ^= (byte)(mask[0] & 0x0F);
        int length = (packet[0] & 3) + 1;
        for (int i = 0; i < length; i++)
        {
            packet[numberOffset + i] ^= mask[1 + i];
        }

        int payload = numberOffset + length;
        ulong number = PacketNumberCodec.ReadTruncated(packet.AsSpan(numberOffset, length));
        return keys.TryOpen(number, packet.AsSpan(0, payload), packet.AsSpan(payload))
            ? (number, packet[payload..^PacketProtection.TagLength])
            : null;
    }

    /// <summary>Whether there is a CRYPTO frame, and where its bytes are.</summary>
    public static bool TryFindCrypto(byte[] payload, out Range bytes)
    {
        var reader = new PacketReader(payload);
        while (reader.TryReadVarInt(out ulong type))
        {
            switch ((FrameType)type)
            {
                case FrameType.Padding or FrameType.Ping:
                    break;
                case FrameType.Ack or FrameType.AckEcn:
                    Assert.True(AckFrame.TryRead(ref reader, (FrameType)type, out _));
                    break;
                case FrameType.Crypto:
                    Assert.True(CryptoFrame.TryRead(ref reader, out CryptoFrame frame));
                    bytes = (reader.Position - frame.Data.Length)..reader.Position;
                    return true;
                default:
                    bytes = default;
                    return false;
            }
        }

        bytes = default;
        return false;
    }
}
