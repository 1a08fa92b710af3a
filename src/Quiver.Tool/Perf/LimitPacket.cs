using System.Buffers.Binary;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;

namespace Quiver.Tool.Perf;

/// <summary>
/// One protected datagram as QUIC's short-header packets are, but for what is in them: a kind and a number. Sealing and opening do
/// the work that a connection cannot avoid. One object a direction; not thread-safe.
/// </summary>
internal sealed class LimitPacket : IDisposable
{
    // First byte, connection id of 8 bytes, packet number of 4.
    private const int HeaderLength = 13;
    private const int PacketNumberOffset = 9;
    private const int PacketNumberLength = 4;
    private const int KindLength = 9;

    public const int Overhead = HeaderLength + PacketProtection.TagLength;
    public const int MinLength = Overhead + KindLength;

    private readonly PacketProtection _keys;
    private uint _next;

    public LimitPacket(EndpointRole sender)
    {
        Span<byte> secret = stackalloc byte[32];
        secret.Fill((byte)(1 + (int)sender));
        _keys = PacketProtection.Create(Protocol.Primitives.QuicVersion.V1, CipherSuite.Aes128GcmSha256, secret);
    }

    public void Seal(Span<byte> datagram, LimitPacketKind kind, ulong number)
    {
        Span<byte> header = datagram[..HeaderLength];
        header.Clear();
        header[0] = 0x43;
        BinaryPrimitives.WriteUInt32BigEndian(header[PacketNumberOffset..], _next);
        Span<byte> payload = datagram[HeaderLength..];
        payload[0] = (byte)kind;
        BinaryPrimitives.WriteUInt64BigEndian(payload[1..], number);
        _keys.Seal(_next++, header, payload);
        ApplyMask(datagram);
    }

    public bool TryOpen(Span<byte> datagram, out LimitPacketKind kind, out ulong number)
    {
        kind = LimitPacketKind.Data;
        number = 0;
        if (datagram.Length < MinLength)
        {
            return false;
        }

        ApplyMask(datagram);
        Span<byte> header = datagram[..HeaderLength];
        Span<byte> payload = datagram[HeaderLength..];
        if (!_keys.TryOpen(BinaryPrimitives.ReadUInt32BigEndian(header[PacketNumberOffset..]), header, payload))
        {
            return false;
        }

        kind = (LimitPacketKind)payload[0];
        number = BinaryPrimitives.ReadUInt64BigEndian(payload[1..]);
        return true;
    }

    public void Dispose() => _keys.Dispose();

    private void ApplyMask(Span<byte> datagram)
    {
        Span<byte> mask = stackalloc byte[PacketProtection.MaskLength];
        _keys.HeaderMask(datagram.Slice(HeaderLength, PacketProtection.SampleLength), mask);
        datagram[0] ^= (byte)(mask[0] & 0x1F);
        for (int i = 0; i < PacketNumberLength; i++)
        {
            datagram[PacketNumberOffset + i] ^= mask[1 + i];
        }
    }
}
