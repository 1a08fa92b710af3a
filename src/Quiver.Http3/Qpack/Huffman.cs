namespace Quiver.Http3.Qpack;

/// <summary>
/// The static Huffman code of HPACK and QPACK. RFC 7541 appendix B. Codes of one length follow each other in the order of their symbols,
/// so that the lengths alone give the code. Decoding goes four bits at a time through a table of states: no code is shorter than five
/// bits, so that a step ends one symbol at most.
/// </summary>
internal static class Huffman
{
    private const int Symbols = 257;
    private const int EndOfString = 256;
    private const int NibbleBits = 4;
    private const int Nibbles = 1 << NibbleBits;
    private const int MaxPadding = 7;

    /// <summary>Of a step: the low bits are the next state, then come the symbol and these.</summary>
    private const int SymbolShift = 16;
    private const uint StateMask = 0xffff;
    private const uint Emits = 1u << 24;
    private const uint Fails = 1u << 25;

    private static readonly uint[] s_codes = new uint[Symbols];
    private static readonly uint[] s_steps;
    private static readonly bool[] s_mayEnd;

    static Huffman()
    {
        AssignCodes();
        int[,] tree = BuildTree();
        int states = tree.GetLength(0);
        s_steps = new uint[states * Nibbles];
        for (int state = 0; state < states; state++)
        {
            for (int nibble = 0; nibble < Nibbles; nibble++)
            {
                s_steps[(state * Nibbles) + nibble] = Walk(tree, state, nibble);
            }
        }

        // Padding is the beginning of the end-of-string code, all ones, and shorter than a byte. RFC 7541 §5.2.
        s_mayEnd = new bool[states];
        int at = 0;
        for (int bits = 0; bits <= MaxPadding; bits++)
        {
            s_mayEnd[at] = true;
            at = tree[at, 1];
        }
    }

    /// <summary>Bits of each symbol's code.</summary>
    private static ReadOnlySpan<byte> Lengths =>
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
        28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
        5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
        7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
        6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
        24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
        21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
        19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
        26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];

    /// <summary>Bytes that the text takes; one character is one byte.</summary>
    public static int EncodedLength(ReadOnlySpan<char> text)
    {
        long bits = 0;
        foreach (char symbol in text)
        {
            bits += Lengths[(byte)symbol];
        }

        return (int)((bits + 7) / 8);
    }

    /// <summary>Writes the text; <paramref name="destination"/> has <see cref="EncodedLength"/> bytes.</summary>
    public static void Encode(ReadOnlySpan<char> text, Span<byte> destination)
    {
        ulong pending = 0;
        int bits = 0;
        int at = 0;
        foreach (char symbol in text)
        {
            int length = Lengths[(byte)symbol];
            pending = (pending << length) | s_codes[(byte)symbol];
            bits += length;
            while (bits >= 8)
            {
                bits -= 8;
                destination[at++] = (byte)(pending >> bits);
            }
        }

        if (bits > 0)
        {
            destination[at] = (byte)((pending << (8 - bits)) | (0xffu >> bits));
        }
    }

    /// <summary>Decodes into characters; false when the code is wrong or the text is longer than the destination.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> source, Span<char> destination, out int written)
    {
        written = 0;
        uint state = 0;
        foreach (byte value in source)
        {
            if (!TryStep(value >> NibbleBits, ref state, destination, ref written)
                || !TryStep(value & (Nibbles - 1), ref state, destination, ref written))
            {
                return false;
            }
        }

        return s_mayEnd[state];
    }

    private static bool TryStep(int nibble, ref uint state, Span<char> destination, ref int written)
    {
        uint step = s_steps[(state * Nibbles) + (uint)nibble];
        state = step & StateMask;
        if ((step & Emits) != 0)
        {
            if (written == destination.Length)
            {
                return false;
            }

            destination[written++] = (char)(byte)(step >> SymbolShift);
        }

        return (step & Fails) == 0;
    }

    private static void AssignCodes()
    {
        uint code = 0;
        int before = 0;
        foreach (int symbol in Enumerable.Range(0, Symbols).OrderBy(symbol => Lengths[symbol]).ThenBy(symbol => symbol))
        {
            code <<= Lengths[symbol] - before;
            before = Lengths[symbol];
            s_codes[symbol] = code++;
        }
    }

    /// <summary>Each node's two children: a positive number is a node, a negative one the complement of a symbol.</summary>
    private static int[,] BuildTree()
    {
        int[,] tree = new int[Symbols - 1, 2];
        int nodes = 1;
        for (int symbol = 0; symbol < Symbols; symbol++)
        {
            int node = 0;
            for (int bit = Lengths[symbol] - 1; bit > 0; bit--)
            {
                ref int child = ref tree[node, (s_codes[symbol] >> bit) & 1];
                if (child == 0)
                {
                    child = nodes++;
                }

                node = child;
            }

            tree[node, s_codes[symbol] & 1] = ~symbol;
        }

        return tree;
    }

    private static uint Walk(int[,] tree, int state, int nibble)
    {
        uint step = 0;
        int node = state;
        for (int bit = NibbleBits - 1; bit >= 0; bit--)
        {
            node = tree[node, (nibble >> bit) & 1];
            if (node < 0)
            {
                int symbol = ~node;
                if (symbol == EndOfString)
                {
                    // The whole end-of-string code is an error. RFC 7541 §5.2.
                    return Fails;
                }

                step = Emits | ((uint)symbol << SymbolShift);
                node = 0;
            }
        }

        return step | (uint)node;
    }
}
