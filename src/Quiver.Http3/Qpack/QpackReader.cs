using System.Text;

namespace Quiver.Http3.Qpack;

/// <summary>Reads integers and strings with prefixes. RFC 9204 §4.1. What is not all there is told from what is wrong, which throws.</summary>
internal ref struct QpackReader(ReadOnlySpan<byte> source, Http3ErrorCode malformed)
{
    /// <summary>Integers of up to 62 bits must be understood; longer ones are refused. RFC 9204 §4.1.1.</summary>
    private const int MaxIntegerBits = 62;

    private readonly ReadOnlySpan<byte> _source = source;

    /// <summary>Bytes read.</summary>
    public int Position { get; private set; }

    public readonly bool IsAtEnd => Position == _source.Length;

    /// <summary>The next byte; there is one.</summary>
    public readonly byte Peek() => _source[Position];

    /// <summary>An integer in the low <paramref name="prefixBits"/> of the next byte and as many more as it takes. RFC 7541 §5.1.</summary>
    public bool TryReadInteger(int prefixBits, out ulong value)
    {
        value = 0;
        if (IsAtEnd)
        {
            return false;
        }

        ulong mask = (1ul << prefixBits) - 1;
        value = _source[Position] & mask;
        int at = Position + 1;
        if (value == mask)
        {
            int shift = 0;
            byte next;
            do
            {
                if (at == _source.Length)
                {
                    return false;
                }

                next = _source[at++];
                if (shift >= MaxIntegerBits || (ulong)(next & 0x7f) > ((1ul << MaxIntegerBits) - 1 - value) >> shift)
                {
                    Http3ProtocolException.Throw(malformed, "A QPACK integer is longer than 62 bits.");
                }

                value += (ulong)(next & 0x7f) << shift;
                shift += 7;
            }
            while ((next & 0x80) != 0);
        }

        Position = at;
        return true;
    }

    /// <summary>
    /// A string whose length has a prefix of so many bits, the Huffman flag before it. One of more than <paramref name="maxLength"/> bytes
    /// throws before it is awaited. RFC 9204 §4.1.2.
    /// </summary>
    public bool TryReadString(int prefixBits, int maxLength, out EncodedString value)
    {
        value = default;
        if (IsAtEnd)
        {
            return false;
        }

        int start = Position;
        bool isHuffman = (Peek() & (1 << prefixBits)) != 0;
        if (!TryReadInteger(prefixBits, out ulong length))
        {
            return false;
        }

        if (length > (ulong)maxLength)
        {
            Http3ProtocolException.Throw(malformed, $"A QPACK string has {length} bytes where {maxLength} are allowed.");
        }

        if (length > (ulong)(_source.Length - Position))
        {
            Position = start;
            return false;
        }

        value = new EncodedString(_source.Slice(Position, (int)length), isHuffman);
        Position += (int)length;
        return true;
    }

    public readonly string Decode(EncodedString value)
    {
        if (!value.IsHuffman)
        {
            return Encoding.Latin1.GetString(value.Bytes);
        }

        // No code is shorter than five bits.
        int most = (int)((long)value.Bytes.Length * 8 / 5);
        const int OnStack = 256;
        Span<char> text = most <= OnStack ? stackalloc char[OnStack] : new char[most];
        if (!Huffman.TryDecode(value.Bytes, text, out int written))
        {
            Http3ProtocolException.Throw(malformed, "A QPACK string is not valid Huffman code.");
        }

        return new string(text[..written]);
    }
}
