using System.Buffers.Binary;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Buffers;

/// <summary>Reads the fields of packets and frames from front to back. A read that does not fit says false and moves nothing.</summary>
internal ref struct PacketReader(ReadOnlySpan<byte> source)
{
    private readonly ReadOnlySpan<byte> _source = source;
    private int _position;

    public readonly int Position => _position;

    public readonly int Remaining => _source.Length - _position;

    public readonly bool IsEmpty => _position == _source.Length;

    public readonly ReadOnlySpan<byte> Rest => _source[_position..];

    public readonly byte Peek() => _source[_position];

    public bool TryReadByte(out byte value)
    {
        if (IsEmpty)
        {
            value = 0;
            return false;
        }

        value = _source[_position++];
        return true;
    }

    public bool TryReadUInt32(out uint value)
    {
        if (!BinaryPrimitives.TryReadUInt32BigEndian(Rest, out value))
        {
            return false;
        }

        _position += 4;
        return true;
    }

    public bool TryReadUInt64(out ulong value)
    {
        if (!BinaryPrimitives.TryReadUInt64BigEndian(Rest, out value))
        {
            return false;
        }

        _position += 8;
        return true;
    }

    public bool TryReadVarInt(out ulong value)
    {
        if (!VarInt.TryRead(Rest, out value, out int length))
        {
            return false;
        }

        _position += length;
        return true;
    }

    public bool TryReadBytes(ulong length, out ReadOnlySpan<byte> bytes)
    {
        if (length > (ulong)Remaining)
        {
            bytes = default;
            return false;
        }

        bytes = _source.Slice(_position, (int)length);
        _position += (int)length;
        return true;
    }

    /// <summary>Reads a varint length and so many bytes.</summary>
    public bool TryReadVarIntBytes(out ReadOnlySpan<byte> bytes)
    {
        int start = _position;
        if (TryReadVarInt(out ulong length) && TryReadBytes(length, out bytes))
        {
            return true;
        }

        _position = start;
        bytes = default;
        return false;
    }

    /// <summary>Reads a one-byte length of at most 20 and so many bytes, as invariant long headers have them.</summary>
    public bool TryReadConnectionId(out ConnectionId id)
    {
        int start = _position;
        if (TryReadByte(out byte length) && length <= ConnectionId.MaxLength && TryReadBytes(length, out ReadOnlySpan<byte> bytes))
        {
            id = new ConnectionId(bytes);
            return true;
        }

        _position = start;
        id = default;
        return false;
    }

    /// <summary>Skips a run of zero bytes (PADDING frames).</summary>
    public void SkipZeros()
    {
        int run = Rest.IndexOfAnyExcept((byte)0);
        _position = run < 0 ? _source.Length : _position + run;
    }
}
