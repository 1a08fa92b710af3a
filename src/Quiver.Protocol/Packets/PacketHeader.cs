using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Packets;

/// <summary>The part of a header that is readable before header protection is removed. RFC 8999 §5, RFC 9000 §17. Points into the datagram.</summary>
internal readonly ref struct PacketHeader
{
    public const byte LongFormBit = 0x80;
    public const byte FixedBit = 0x40;

    /// <summary>Initials come in datagrams of at least this many bytes. RFC 9000 §14.1.</summary>
    public const int MinInitialDatagram = 1200;

    public required PacketType Type { get; init; }

    public QuicVersion Version { get; init; }

    public required ConnectionId Destination { get; init; }

    public ConnectionId Source { get; init; }

    /// <summary>The token of an Initial or a Retry.</summary>
    public ReadOnlySpan<byte> Token { get; init; }

    /// <summary>Where the packet number (or a Retry's or Version Negotiation's content) begins.</summary>
    public int PayloadOffset { get; init; }

    /// <summary>Bytes of the whole packet; what follows is coalesced with it.</summary>
    public int Length { get; init; }

    /// <summary>Reads the header of the first packet in a datagram. Never throws: the bytes are anybody's.</summary>
    public static bool TryRead(ReadOnlySpan<byte> datagram, int localIdLength, out PacketHeader header)
    {
        header = default;
        var reader = new PacketReader(datagram);
        if (!reader.TryReadByte(out byte first))
        {
            return false;
        }

        if ((first & LongFormBit) == 0)
        {
            // A packet with a zero Fixed Bit is not valid in this version. RFC 9000 §17.3.1.
            if ((first & FixedBit) == 0 || !reader.TryReadBytes((ulong)localIdLength, out ReadOnlySpan<byte> destination))
            {
                return false;
            }

            header = new PacketHeader
            {
                Type = PacketType.OneRtt,
                Destination = new ConnectionId(destination),
                PayloadOffset = reader.Position,
                Length = datagram.Length,
            };
            return true;
        }

        return TryReadLong(datagram, first, ref reader, out header);
    }

    /// <summary>Reads only what all versions share: version and connection ids. RFC 8999 §5.1.</summary>
    public static bool TryReadInvariant(
        ReadOnlySpan<byte> datagram, out uint version, out ReadOnlySpan<byte> destination, out ReadOnlySpan<byte> source)
    {
        version = 0;
        destination = source = default;
        var reader = new PacketReader(datagram);
        return reader.TryReadByte(out byte first) && (first & LongFormBit) != 0 && reader.TryReadUInt32(out version)
            && reader.TryReadByte(out byte destinationLength) && reader.TryReadBytes(destinationLength, out destination)
            && reader.TryReadByte(out byte sourceLength) && reader.TryReadBytes(sourceLength, out source);
    }

    private static bool TryReadLong(ReadOnlySpan<byte> datagram, byte first, scoped ref PacketReader reader, out PacketHeader header)
    {
        header = default;
        // In these versions an id is at most 20 bytes; a longer one is dropped. RFC 9000 §17.2.
        if (!reader.TryReadUInt32(out uint version) || !reader.TryReadConnectionId(out ConnectionId destination)
            || !reader.TryReadConnectionId(out ConnectionId source))
        {
            return false;
        }

        if (version == (uint)QuicVersion.Negotiation)
        {
            header = new PacketHeader
            {
                Type = PacketType.VersionNegotiation,
                Destination = destination,
                Source = source,
                PayloadOffset = reader.Position,
                Length = datagram.Length,
            };
            return true;
        }

        if ((first & FixedBit) == 0 || !QuicVersions.IsSpoken(version))
        {
            return false;
        }

        PacketType type = LongPacketType.FromBits(first, (QuicVersion)version);
        ReadOnlySpan<byte> token = default;
        if (type == PacketType.Retry)
        {
            const int IntegrityTag = 16;
            if (reader.Remaining < IntegrityTag)
            {
                return false;
            }

            int offset = reader.Position;
            reader.TryReadBytes((ulong)(reader.Remaining - IntegrityTag), out token);
            header = new PacketHeader
            {
                Type = type,
                Version = (QuicVersion)version,
                Destination = destination,
                Source = source,
                Token = token,
                PayloadOffset = offset,
                Length = datagram.Length,
            };
            return true;
        }

        if (type == PacketType.Initial && !reader.TryReadVarIntBytes(out token))
        {
            return false;
        }

        if (!reader.TryReadVarInt(out ulong length) || length > (ulong)reader.Remaining)
        {
            return false;
        }

        header = new PacketHeader
        {
            Type = type,
            Version = (QuicVersion)version,
            Destination = destination,
            Source = source,
            Token = token,
            PayloadOffset = reader.Position,
            Length = reader.Position + (int)length,
        };
        return true;
    }
}
