using System.Buffers.Binary;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Buffers;

/// <summary>Writes the fields of packets and frames from front to back. The caller has checked that they fit.</summary>
internal ref struct PacketWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;
    private int _position;

    public readonly int Position => _position;

    public readonly int Remaining => _destination.Length - _position;

    public readonly Span<byte> Free => _destination[_position..];

    public readonly ReadOnlySpan<byte> Written => _destination[.._position];

    public void WriteByte(byte value) => _destination[_position++] = value;

    public void WriteUInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(Free, value);
        _position += 4;
    }

    public void WriteUInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(Free, value);
        _position += 8;
    }

    public void WriteVarInt(ulong value) => _position += VarInt.Write(Free, value);

    public void WriteVarInt(ulong value, int length)
    {
        VarInt.WriteWithLength(Free, value, length);
        _position += length;
    }

    public void WriteBytes(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Free);
        _position += bytes.Length;
    }

    public void WriteConnectionId(scoped in ConnectionId id)
    {
        WriteByte((byte)id.Length);
        WriteBytes(id.Span);
    }

    public void WriteZeros(int count)
    {
        Free[..count].Clear();
        _position += count;
    }

    /// <summary>Counts bytes that were written straight into <see cref="Free"/>.</summary>
    public void Advance(int count) => _position += count;
}
