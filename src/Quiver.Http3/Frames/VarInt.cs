using System.Buffers.Binary;

namespace Quiver.Http3.Frames;

/// <summary>Integers of one, two, four or eight bytes; the first two bits say which. RFC 9000 §16.</summary>
internal static class VarInt
{
    public const ulong MaxValue = (1ul << 62) - 1;

    public const int MaxLength = 8;

    /// <summary>Bytes of the shortest form.</summary>
    public static int LengthOf(ulong value) => value switch
    {
        < 1ul << 6 => 1,
        < 1ul << 14 => 2,
        < 1ul << 30 => 4,
        _ => 8,
    };

    /// <summary>Writes the shortest form and returns its length; there is room.</summary>
    public static int Write(Span<byte> destination, ulong value)
    {
        int length = LengthOf(value);
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
                BinaryPrimitives.WriteUInt64BigEndian(destination, value | 0xc000_0000_0000_0000);
                break;
        }

        return length;
    }

    /// <summary>Reads one from the beginning; false when it is not all there.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out ulong value, out int length)
    {
        value = 0;
        length = source.IsEmpty ? 1 : 1 << (source[0] >> 6);
        if (source.Length < length)
        {
            return false;
        }

        value = length switch
        {
            1 => source[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(source) & 0x3fffu,
            4 => BinaryPrimitives.ReadUInt32BigEndian(source) & 0x3fff_fffful,
            _ => BinaryPrimitives.ReadUInt64BigEndian(source) & MaxValue,
        };
        return true;
    }
}
