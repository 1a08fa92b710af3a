using Quiver.Protocol.Buffers;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;

namespace Quiver.Simulation.Attack;

/// <summary>Makes packets with any content and right keys, as a hostile peer that has shaken hands can.</summary>
internal sealed class PacketForge(EndpointRole sender, ConnectionId destination, ConnectionId source, Func<EncryptionLevel, PacketProtection?> keys)
{
    /// <summary>Far above what the honest stack uses, so that numbers do not collide.</summary>
    public ulong NextNumber { get; set; } = 1 << 20;

    public byte[]? Make(EncryptionLevel level, ReadOnlySpan<byte> payload, byte firstByteBits = 0, ReadOnlySpan<byte> token = default, QuicVersion version = QuicVersion.V1)
    {
        const int NumberLength = 4;
        if (keys(level) is not PacketProtection protection)
        {
            return null;
        }

        byte[] padded = payload.ToArray();
        bool isLong = level != EncryptionLevel.Application;
        bool isClientInitial = level == EncryptionLevel.Initial && sender == EndpointRole.Client;
        int content = isClientInitial ? Math.Max(padded.Length, PacketHeader.MinInitialDatagram) : padded.Length;
        byte[] packet = new byte[100 + token.Length + content];
        var writer = new PacketWriter(packet);
        if (isLong)
        {
            LongHeader.Write(
                ref writer, version, TypeOf(level), destination, source, token, NumberLength);
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
        ulong number = NextNumber++;
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

    private static PacketType TypeOf(EncryptionLevel level) => level switch
    {
        EncryptionLevel.Initial => PacketType.Initial,
        EncryptionLevel.EarlyData => PacketType.ZeroRtt,
        _ => PacketType.Handshake,
    };

    /// <summary>A 1-RTT packet with nothing in it.</summary>
    public byte[] MakeEmpty() => Make(EncryptionLevel.Application, [])!;

    /// <summary>A forge with the keys and ids of one side of a staged connection.</summary>
    public static PacketForge For(StagedWorld world, EndpointRole attacker, ConnectionId? destination = null)
    {
        Assert.True(PacketHeader.TryRead(world.ToServer[0].Bytes, 8, out PacketHeader first));
        ConnectionId original = first.Destination;
        ConnectionId clientId = first.Source;
        Assert.True(PacketHeader.TryRead(world.ToClient[0].Bytes, 8, out PacketHeader answer));
        ConnectionId serverId = answer.Source;
        string who = attacker == EndpointRole.Client ? "CLIENT" : "SERVER";
        return new PacketForge(
            attacker,
            destination ?? (attacker == EndpointRole.Client ? serverId : clientId),
            attacker == EndpointRole.Client ? clientId : serverId,
            level => level switch
            {
                EncryptionLevel.Initial => InitialKeys.Create(QuicVersion.V1, original.Span, attacker),
                EncryptionLevel.Handshake => FromSecret($"{who}_HANDSHAKE_TRAFFIC_SECRET"),
                _ => FromSecret($"{who}_TRAFFIC_SECRET_0"),
            });

        PacketProtection? FromSecret(string label) => world.Client.Secrets.TryGetValue(label, out byte[]? secret)
            ? PacketProtection.Create(QuicVersion.V1, world.Client.Connection.Tls.NegotiatedSuite, secret)
            : null;
    }
}
