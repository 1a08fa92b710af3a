using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Tokens;

/// <summary>
/// What a token proves once it is opened: that its bearer got it at an address, when, and how the Initial began before a Retry. RFC 9000 §8.1.4.
/// <code>content: kind (1) | issued, Unix ms (8) | version (4) | address (16) | port (2) | length and original id | length and Retry's id</code>
/// </summary>
internal readonly record struct AddressToken
{
    private const int MaxLength = 1 + 8 + 4 + 16 + 2 + (2 * (1 + ConnectionId.MaxLength));

    public required AddressTokenKind Kind { get; init; }

    public required long IssuedMilliseconds { get; init; }

    public required QuicVersion Version { get; init; }

    public required UInt128 Ip { get; init; }

    /// <summary>Zero in NEW_TOKEN: the next connection comes from another port. RFC 9000 §8.1.3.</summary>
    public ushort Port { get; init; }

    /// <summary>The id by which the client began. RFC 9000 §7.3.</summary>
    public ConnectionId OriginalDestination { get; init; }

    /// <summary>The Source Connection ID of the Retry, by which the client goes on.</summary>
    public ConnectionId RetrySource { get; init; }

    public byte[] ToBytes()
    {
        var writer = new PacketWriter(stackalloc byte[MaxLength]);
        writer.WriteByte((byte)Kind);
        writer.WriteUInt64((ulong)IssuedMilliseconds);
        writer.WriteUInt32((uint)Version);
        writer.WriteUInt64((ulong)(Ip >> 64));
        writer.WriteUInt64((ulong)Ip);
        writer.WriteByte((byte)(Port >> 8));
        writer.WriteByte((byte)Port);
        writer.WriteConnectionId(OriginalDestination);
        writer.WriteConnectionId(RetrySource);
        return writer.Written.ToArray();
    }

    public static bool TryRead(ReadOnlySpan<byte> bytes, out AddressToken token)
    {
        token = default;
        var reader = new PacketReader(bytes);
        if (!reader.TryReadByte(out byte kind) || !reader.TryReadUInt64(out ulong issued) || !reader.TryReadUInt32(out uint version)
            || !reader.TryReadUInt64(out ulong high) || !reader.TryReadUInt64(out ulong low)
            || !reader.TryReadByte(out byte portHigh) || !reader.TryReadByte(out byte portLow)
            || !reader.TryReadConnectionId(out ConnectionId original) || !reader.TryReadConnectionId(out ConnectionId retry) || !reader.IsEmpty)
        {
            return false;
        }

        token = new AddressToken
        {
            Kind = (AddressTokenKind)kind,
            IssuedMilliseconds = (long)issued,
            Version = (QuicVersion)version,
            Ip = new UInt128(high, low),
            Port = (ushort)((portHigh << 8) | portLow),
            OriginalDestination = original,
            RetrySource = retry,
        };
        return true;
    }
}
