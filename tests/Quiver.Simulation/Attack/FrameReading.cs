using Quiver.Protocol.Buffers;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;
using Quiver.Simulation.Endpoints;

namespace Quiver.Simulation.Attack;

/// <summary>Reads which frames are in the server's 1-RTT packets, with the client's secrets. For packets in order.</summary>
internal sealed class FrameReading(SimConnection client)
{
    private readonly PacketProtection _keys = PacketProtection.Create(
        QuicVersion.V1, client.Connection.Tls.NegotiatedSuite, client.Secrets["SERVER_TRAFFIC_SECRET_0"]);

    private ulong _expected;

    /// <summary>Types of the frames at the start: up to the first that is none of PADDING, PING, ACK, PATH_CHALLENGE, PATH_RESPONSE, and with it.</summary>
    public FrameType[] Read(byte[] datagram)
    {
        byte[] packet = [.. datagram];
        Assert.True(PacketHeader.TryRead(packet, 8, out PacketHeader header));
        Assert.Equal(PacketType.OneRtt, header.Type);
        Span<byte> mask = stackalloc byte[PacketProtection.MaskLength];
        int offset = header.PayloadOffset;
        _keys.HeaderMask(packet.AsSpan(offset + 4, PacketProtection.SampleLength), mask);
        packet[0] ^= (byte)(mask[0] & 0x1F);
        int length = (packet[0] & 3) + 1;
        for (int i = 0; i < length; i++)
        {
            packet[offset + i] ^= mask[1 + i];
        }

        ulong number = PacketNumberCodec.Restore(_expected, PacketNumberCodec.ReadTruncated(packet.AsSpan(offset, length)), length);
        int start = offset + length;
        Assert.True(_keys.TryOpen(number, packet.AsSpan(0, start), packet.AsSpan(start)));
        _expected = number + 1;
        return Types(packet.AsSpan(start..^PacketProtection.TagLength));
    }

    private static FrameType[] Types(ReadOnlySpan<byte> payload)
    {
        List<FrameType> types = [];
        var reader = new PacketReader(payload);
        while (true)
        {
            reader.SkipZeros();
            if (reader.IsEmpty || !reader.TryReadVarInt(out ulong value))
            {
                return [.. types];
            }

            var type = (FrameType)value;
            types.Add(type);
            bool isKnown = type switch
            {
                FrameType.Ping => true,
                FrameType.Ack or FrameType.AckEcn => AckFrame.TryRead(ref reader, type, out _),
                FrameType.PathChallenge or FrameType.PathResponse => PathChallengeFrame.TryRead(ref reader, out _),
                _ => false,
            };
            if (!isKnown)
            {
                return [.. types];
            }
        }
    }
}
