using System.Buffers.Binary;

namespace Quiver.Protocol.Buffers;

/// <summary>Messages in order, in a ring of bytes that grows up to a limit. What does not fit is refused.</summary>
internal sealed class MessageRing(int maxBytes)
{
    private const int HeaderLength = sizeof(int);
    private const int FirstCapacity = 4 << 10;

    private byte[] _bytes = [];
    private int _start;
    private int _length;

    public bool IsEmpty => _length == 0;

    /// <summary>The length of the first message. Not when empty.</summary>
    public int NextLength
    {
        get
        {
            Span<byte> header = stackalloc byte[HeaderLength];
            Copy(_start, header);
            return BinaryPrimitives.ReadInt32LittleEndian(header);
        }
    }

    /// <summary>Adds a copy; false when it would go beyond the limit.</summary>
    public bool TryAdd(ReadOnlySpan<byte> message)
    {
        int needed = HeaderLength + message.Length;
        if (needed > _bytes.Length - _length && !TryGrow(_length + needed))
        {
            return false;
        }

        Span<byte> header = stackalloc byte[HeaderLength];
        BinaryPrimitives.WriteInt32LittleEndian(header, message.Length);
        Append(header);
        Append(message);
        return true;
    }

    /// <summary>Takes the first message into a destination that has room for <see cref="NextLength"/>; returns its length.</summary>
    public int Take(Span<byte> destination)
    {
        int length = NextLength;
        Copy(Wrap(_start + HeaderLength), destination[..length]);
        _start = Wrap(_start + HeaderLength + length);
        _length -= HeaderLength + length;
        return length;
    }

    private bool TryGrow(int needed)
    {
        if (needed > maxBytes)
        {
            return false;
        }

        byte[] larger = new byte[Math.Min(maxBytes, Math.Max(FirstCapacity, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)needed)))];
        Copy(_start, larger.AsSpan(0, _length));
        _bytes = larger;
        _start = 0;
        return true;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        int end = Wrap(_start + _length);
        int first = Math.Min(bytes.Length, _bytes.Length - end);
        bytes[..first].CopyTo(_bytes.AsSpan(end));
        bytes[first..].CopyTo(_bytes);
        _length += bytes.Length;
    }

    private void Copy(int from, Span<byte> destination)
    {
        int first = Math.Min(destination.Length, _bytes.Length - from);
        _bytes.AsSpan(from, first).CopyTo(destination);
        _bytes.AsSpan(0, destination.Length - first).CopyTo(destination[first..]);
    }

    private int Wrap(int position) => position >= _bytes.Length ? position - _bytes.Length : position;
}
