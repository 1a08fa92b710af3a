using Quiver.Protocol.Crypto;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Connections;

/// <summary>Removes protection: header, packet number, payload. RFC 9001 §5. What does not authenticate is dropped without a word.</summary>
internal sealed class PacketOpener(ConnectionState state)
{
    private const int MaxPacketNumberLength = 4;
    private const byte LongReservedBits = 0x0C;
    private const byte ShortReservedBits = 0x18;
    private const byte KeyPhaseBit = 0x04;

    /// <summary>Whether the keys for a packet are there.</summary>
    public bool CanOpen(in PacketHeader header) => header.Type == PacketType.OneRtt
        ? state.ApplicationKeys.CanRead && state.Phase != ConnectionPhase.Handshaking
        : KeysOf(header) is not null;

    /// <summary>Whether the keys of a packet of the type are gone for good.</summary>
    public bool IsDiscarded(PacketType type) => type switch
    {
        PacketType.OneRtt => false,
        PacketType.ZeroRtt => state.Early.IsReadOver,
        _ => state.Space(SpaceOf(type)).IsDiscarded,
    };

    /// <summary>Opens a packet in place. <paramref name="packet"/> is exactly the packet.</summary>
    public bool TryOpen(Span<byte> packet, in PacketHeader header, Timestamp now, out OpenedPacket opened)
    {
        opened = default;
        PacketSpace space = state.Space(SpaceOf(header.Type));
        int numberOffset = header.PayloadOffset;
        int sampleOffset = numberOffset + MaxPacketNumberLength;

        // Too short to be sampled: not a packet. RFC 9001 §5.4.2.
        if (packet.Length < sampleOffset + PacketProtection.SampleLength)
        {
            return false;
        }

        bool isLong = header.Type != PacketType.OneRtt;
        PacketProtection? keys = isLong ? KeysOf(header) : null;
        Span<byte> mask = stackalloc byte[PacketProtection.MaskLength];
        ReadOnlySpan<byte> sample = packet.Slice(sampleOffset, PacketProtection.SampleLength);
        if (isLong)
        {
            keys!.HeaderMask(sample, mask); // CanOpen was asked before
        }
        else
        {
            state.ApplicationKeys.HeaderMaskForRead(sample, mask);
        }

        packet[0] ^= (byte)(mask[0] & (isLong ? 0x0F : 0x1F));
        int numberLength = (packet[0] & 3) + 1;
        for (int i = 0; i < numberLength; i++)
        {
            packet[numberOffset + i] ^= mask[1 + i];
        }

        ulong truncated = PacketNumberCodec.ReadTruncated(packet.Slice(numberOffset, numberLength));
        ulong number = PacketNumberCodec.Restore((ulong)(space.Acks.Largest + 1), truncated, numberLength);
        int payloadOffset = numberOffset + numberLength;
        ReadOnlySpan<byte> aad = packet[..payloadOffset];
        Span<byte> payload = packet[payloadOffset..];
        bool authentic = isLong
            ? keys!.TryOpen(number, aad, payload)
            : state.ApplicationKeys.TryOpen(
                number, (packet[0] & KeyPhaseBit) != 0, aad, payload, space.Recovery.Log.NextPacketNumber, 3 * state.ProbePeriod, now);
        if (!authentic || number > VarInt.MaxValue)
        {
            return false;
        }

        // Reserved bits are zero; told only after authentication. RFC 9000 §17.2, §17.3.1.
        if ((packet[0] & (isLong ? LongReservedBits : ShortReservedBits)) != 0)
        {
            TransportException.Throw(TransportErrorCode.ProtocolViolation, "reserved bits of a header are not zero");
        }

        EncryptionLevel level = header.Type == PacketType.ZeroRtt ? EncryptionLevel.EarlyData : space.Level;
        opened = new OpenedPacket(space, level, number, header.Destination, payload[..^PacketProtection.TagLength]);
        return true;
    }

    private PacketProtection? KeysOf(in PacketHeader header) =>
        header.Type == PacketType.ZeroRtt ? state.Early.Read
        : header.Version == state.Version.Current ? state.Space(SpaceOf(header.Type)).Read
        : state.Space(SpaceOf(header.Type)).ReadOther;

    private static PacketNumberSpace SpaceOf(PacketType type) => type switch
    {
        PacketType.Initial => PacketNumberSpace.Initial,
        PacketType.Handshake => PacketNumberSpace.Handshake,
        PacketType.ZeroRtt or PacketType.OneRtt => PacketNumberSpace.Application,
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };
}
