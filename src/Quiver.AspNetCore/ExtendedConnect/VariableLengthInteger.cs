using System.Buffers;

namespace Quiver.AspNetCore.ExtendedConnect;

/// <summary>QUIC's integers. RFC 9000 §16.</summary>
internal static class VariableLengthInteger
{
    public const int MaxLength = 8;

    /// <summary>False, and nothing read, when it is not all there.</summary>
    public static bool TryRead(ref SequenceReader<byte> reader, out long value)
    {
        value = 0;
        if (!reader.TryPeek(out byte first))
        {
            return false;
        }

        int length = 1 << (first >> 6);
        if (reader.Remaining < length)
        {
            return false;
        }

        value = first & 0x3f;
        reader.Advance(1);
        for (int i = 1; i < length; i++)
        {
            reader.TryRead(out byte next);
            value = (value << 8) | next;
        }

        return true;
    }

    /// <summary>Writes the shortest form and returns its length.</summary>
    public static int Write(Span<byte> destination, long value)
    {
        (int length, byte prefix) = value switch
        {
            < 1 << 6 => (1, (byte)0x00),
            < 1 << 14 => (2, (byte)0x40),
            < 1 << 30 => (4, (byte)0x80),
            _ => (8, (byte)0xc0),
        };
        for (int i = length - 1; i >= 0; i--)
        {
            destination[i] = (byte)value;
            value >>= 8;
        }

        destination[0] |= prefix;
        return length;
    }
}
