using System.Buffers;
using System.Text;

namespace Quiver.Http3.Qpack;

/// <summary>Writes integers and strings with prefixes. RFC 9204 §4.1.</summary>
internal static class QpackWriter
{
    private const int MaxIntegerLength = 11;

    /// <summary><paramref name="pattern"/> are the bits before the prefix.</summary>
    public static void WriteInteger(IBufferWriter<byte> output, byte pattern, int prefixBits, ulong value)
    {
        Span<byte> span = output.GetSpan(MaxIntegerLength);
        ulong mask = (1ul << prefixBits) - 1;
        int length = 1;
        if (value < mask)
        {
            span[0] = (byte)(pattern | (byte)value);
        }
        else
        {
            span[0] = (byte)(pattern | (byte)mask);
            value -= mask;
            for (; value >= 0x80; value >>= 7)
            {
                span[length++] = (byte)(value | 0x80);
            }

            span[length++] = (byte)value;
        }

        output.Advance(length);
    }

    /// <summary>In Huffman code where that is shorter; its flag is the bit before the prefix.</summary>
    public static void WriteString(IBufferWriter<byte> output, byte pattern, int prefixBits, string text)
    {
        int huffman = Huffman.EncodedLength(text);
        bool isHuffman = huffman < text.Length;
        int length = isHuffman ? huffman : text.Length;
        WriteInteger(output, (byte)(pattern | (isHuffman ? 1 << prefixBits : 0)), prefixBits, (ulong)length);
        Span<byte> span = output.GetSpan(length)[..length];
        if (isHuffman)
        {
            Huffman.Encode(text, span);
        }
        else
        {
            Encoding.Latin1.GetBytes(text, span);
        }

        output.Advance(length);
    }
}
