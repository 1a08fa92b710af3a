using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Tls.Messages;

/// <summary>Reads the presentation language; whatever does not fit its syntax is a decode_error. RFC 9846 §3, §6.</summary>
internal ref struct TlsReader(ReadOnlySpan<byte> bytes, string name)
{
    private readonly string _name = name;
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool IsEmpty => _rest.IsEmpty;

    public readonly ReadOnlySpan<byte> Rest => _rest;

    public byte ReadByte() => ReadBytes(1)[0];

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(ReadBytes(2));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32BigEndian(ReadBytes(4));

    public ReadOnlySpan<byte> ReadBytes(int length)
    {
        if (length > _rest.Length)
        {
            Throw("ends too early");
        }

        ReadOnlySpan<byte> taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }

    /// <summary>A vector with a length of one byte.</summary>
    public ReadOnlySpan<byte> ReadVector8(int minimum = 0, int maximum = byte.MaxValue) => ReadVector(ReadByte(), minimum, maximum);

    /// <summary>A vector with a length of two bytes.</summary>
    public ReadOnlySpan<byte> ReadVector16(int minimum = 0) => ReadVector(ReadUInt16(), minimum, ushort.MaxValue);

    /// <summary>A vector with a length of three bytes.</summary>
    public ReadOnlySpan<byte> ReadVector24(int minimum = 0)
    {
        ReadOnlySpan<byte> length = ReadBytes(3);
        return ReadVector((length[0] << 16) | (length[1] << 8) | length[2], minimum, int.MaxValue);
    }

    /// <summary>A list of 16-bit values, which is not empty.</summary>
    public CodePoints ReadCodePoints16() => ToCodePoints(ReadVector16(2));

    /// <summary>A list of 16-bit values with a length of one byte, which is not empty.</summary>
    public CodePoints ReadCodePoints8() => ToCodePoints(ReadVector8(2));

    /// <summary>Nothing may follow a structure. RFC 9846 §4.3.</summary>
    public readonly void ExpectEnd()
    {
        if (!_rest.IsEmpty)
        {
            Throw($"has {_rest.Length} bytes too many");
        }
    }

    private ReadOnlySpan<byte> ReadVector(int length, int minimum, int maximum)
    {
        if (length < minimum || length > maximum)
        {
            Throw("holds a list of a length out of range");
        }

        return ReadBytes(length);
    }

    private readonly CodePoints ToCodePoints(ReadOnlySpan<byte> bytes)
    {
        if ((bytes.Length & 1) != 0)
        {
            Throw("holds a list that is cut within an element");
        }

        return new CodePoints(bytes);
    }

    [DoesNotReturn]
    private readonly void Throw(string problem) => TransportException.ThrowAlert(TlsAlert.DecodeError, $"TLS: {_name} {problem}");
}
