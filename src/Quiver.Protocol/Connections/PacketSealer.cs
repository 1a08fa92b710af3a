using System.Buffers.Binary;
using Quiver.Protocol.Buffers;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Connections;

/// <summary>Writes headers and puts protection on finished packets. RFC 9000 §17, RFC 9001 §5.</summary>
internal sealed class PacketSealer(ConnectionState state)
{
    private const byte KeyPhaseBit = 0x04;
    private const int MinSampledLength = 4;

    public bool CanWrite(PacketNumberSpace space) => space == PacketNumberSpace.Application
        ? (state.ApplicationKeys.CanWrite || state.Early.Write is not null) && state.Streams is not null
        : state.Space(space).Write is not null;

    /// <summary>The keys that the next packet of a space gets: until there are 1-RTT keys, a client has those of early data.</summary>
    public EncryptionLevel LevelOf(PacketSpace space) =>
        space.Id == PacketNumberSpace.Application && !state.ApplicationKeys.CanWrite ? EncryptionLevel.EarlyData : space.Level;

    /// <summary>Writes a header at the start of the destination, packet number included.</summary>
    public PendingPacket Begin(PacketSpace space, Span<byte> destination, int offset) => Begin(space, state.PeerIds.Current, destination, offset);

    /// <summary>As above, to another id than that of the path in use.</summary>
    public PendingPacket Begin(PacketSpace space, in ConnectionId peer, Span<byte> destination, int offset)
    {
        ulong number = space.Recovery.Log.NextPacketNumber;
        int numberLength = PacketNumberCodec.Length(number, space.Recovery.LargestAcked);
        var writer = new PacketWriter(destination[offset..]);
        EncryptionLevel level = LevelOf(space);
        if (level == EncryptionLevel.Application)
        {
            state.ApplicationKeys.BeforeSeal(number);
            writer.WriteByte((byte)(PacketHeader.FixedBit | (state.ApplicationKeys.Phase ? KeyPhaseBit : 0) | (numberLength - 1)));
            writer.WriteBytes(peer.Span);
        }
        else
        {
            // Early data stays in the version that we began with. RFC 9369 §4.1.
            QuicVersion version = level == EncryptionLevel.EarlyData ? state.Version.Original : state.Version.Current;
            LongHeader.Write(ref writer, version, TypeOf(level), peer, state.LocalInitialSource, state.InitialToken, numberLength);
        }

        int numberOffset = offset + writer.Position;
        PacketNumberCodec.Write(writer.Free, number, numberLength);
        return new PendingPacket(space, level, number, offset, numberOffset, numberLength, numberOffset + numberLength);
    }

    /// <summary>Bytes that a header takes at most; with the tag, what a packet costs beside its frames.</summary>
    public int Overhead(PacketSpace space) => LevelOf(space) == EncryptionLevel.Application
        ? state.OneRttOverhead
        : PacketProtection.TagLength + LongHeader.Size(
            TypeOf(LevelOf(space)),
            state.PeerIds.Current,
            state.LocalInitialSource,
            state.InitialToken.Length,
            packetNumberLength: 4);

    /// <summary>PADDING that a packet with so few bytes of frames needs to be sampled. RFC 9001 §5.4.2.</summary>
    public static int PaddingForSample(in PendingPacket packet, int frameBytes) =>
        Math.Max(0, MinSampledLength - packet.NumberLength - frameBytes);

    /// <summary>Fills in the length, encrypts and protects the header; returns where the packet ends.</summary>
    public int Seal(in PendingPacket packet, Span<byte> destination)
    {
        int end = packet.PayloadEnd + PacketProtection.TagLength;
        bool isLong = packet.Level != EncryptionLevel.Application;
        if (isLong)
        {
            BinaryPrimitives.WriteUInt16BigEndian(
                destination[(packet.NumberOffset - LongHeader.LengthFieldLength)..], (ushort)(0x4000 | (end - packet.NumberOffset)));
        }

        int payloadOffset = packet.NumberOffset + packet.NumberLength;
        ReadOnlySpan<byte> header = destination[packet.Offset..payloadOffset];
        Span<byte> payload = destination[payloadOffset..end];
        Span<byte> mask = stackalloc byte[PacketProtection.MaskLength];
        ReadOnlySpan<byte> sample = destination.Slice(packet.NumberOffset + 4, PacketProtection.SampleLength);
        if (isLong)
        {
            // It has begun, so the keys are there.
            PacketProtection keys = packet.Level == EncryptionLevel.EarlyData ? state.Early.Write! : packet.Space.Write!;
            keys.Seal(packet.Number, header, payload);
            keys.HeaderMask(sample, mask);
        }
        else
        {
            state.ApplicationKeys.Seal(packet.Number, header, payload);
            state.ApplicationKeys.HeaderMaskForWrite(sample, mask);
        }

        destination[packet.Offset] ^= (byte)(mask[0] & (isLong ? 0x0F : 0x1F));
        for (int i = 0; i < packet.NumberLength; i++)
        {
            destination[packet.NumberOffset + i] ^= mask[1 + i];
        }

        return end;
    }

    private static PacketType TypeOf(EncryptionLevel level) => level switch
    {
        EncryptionLevel.Initial => PacketType.Initial,
        EncryptionLevel.EarlyData => PacketType.ZeroRtt,
        EncryptionLevel.Handshake => PacketType.Handshake,
        EncryptionLevel.Application => PacketType.OneRtt,
        _ => throw new ArgumentOutOfRangeException(nameof(level)),
    };
}
