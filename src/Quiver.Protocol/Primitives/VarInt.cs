using System.Buffers.Binary;

namespace Quiver.Protocol.Primitives;

/// <summary>Variable-length integer encoding. RFC 9000 §16.</summary>
internal static class VarInt
{
    public const ulong MaxValue = (1UL << 62) - 1;
    public const int MaxLength = 8;

    /// <summary>Bytes of the shortest encoding of <paramref name="value"/>.</summary>
    public static int Length(ulong value) => value switch
    {
        < 1UL << 6 => 1,
        < 1UL << 14 => 2,
        < 1UL << 30 => 4,
        _ => 8,
    };

    public static bool TryRead(ReadOnlySpan<byte> source, out ulong value, out int length)
    {
        if (source.IsEmpty)
        {
            value = 0;
            length = 0;
            return false;
        }

        length = 1 << (source[0] >> 6);
        if (source.Length < length)
        {
            value = 0;
            return false;
        }

        value = length switch
        {
            1 => source[0],
            2 => (ulong)(BinaryPrimitives.ReadUInt16BigEndian(source) & 0x3FFF),
            4 => BinaryPrimitives.ReadUInt32BigEndian(source) & 0x3FFF_FFFF,
            _ => BinaryPrimitives.ReadUInt64BigEndian(source) & MaxValue,
        };
        return true;
    }

    /// <summary>Writes the shortest encoding and returns its length; the destination must hold it.</summary>
    public static int Write(Span<byte> destination, ulong value)
    {
        int length = Length(value);
        WriteWithLength(destination, value, length);
        return length;
    }

    /// <summary>Writes in exactly <paramref name="length"/> (1, 2, 4 or 8) bytes.</summary>
    public static void WriteWithLength(Span<byte> destination, ulong value, int length)
    {
        switch (length)
        {
            case 1:
                destination[0] = (byte)value;
                break;
            case 2:
                BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)(value | 0x4000));
                break;
            case 4:
                BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)value | 0x8000_0000);
                break;
            default:
                BinaryPrimitives.WriteUInt64BigEndian(destination, value | 0xC000_0000_0000_0000);
                break;
        }
    }
}
