namespace Quiver.Protocol.Crypto.MLKem;

/// <summary>
/// The powers of the root 17 that the transforms multiply by, in Montgomery's form, each table with its companion for
/// <see cref="FieldVector.Multiply"/>. FIPS 203 §4.3, appendix A.
/// </summary>
internal static class Zetas
{
    /// <summary>Coefficients that the last layers take at a time.</summary>
    public const int Chunk = 32;

    /// <summary>Shorts of a chunk in the tables of the last layers: a vector for each of the distances 8, 4 and 2.</summary>
    public const int ChunkStride = 3 * FieldVector.Width;

    private const int Count = 128;
    private const int Root = 17;

    /// <summary>ζ^BitRev7(i).</summary>
    public static readonly short[] Powers = Build(Count, i => (long)Power(i) * FieldVector.R);

    public static readonly short[] PowersCompanion = Companions(Powers);

    /// <summary>For distances 8, 4 and 2 forwards, one factor for each coefficient of the left half.</summary>
    public static readonly short[] Last = Build(8 * ChunkStride, i => (long)Power(LastIndex(i)) * FieldVector.R);

    public static readonly short[] LastCompanion = Companions(Last);

    /// <summary>The same for the way back, where the powers come in falling order.</summary>
    public static readonly short[] First = Build(8 * ChunkStride, i => (long)Power(Mirror(LastIndex(i))) * FieldVector.R);

    public static readonly short[] FirstCompanion = Companions(First);

    /// <summary>For products: R² at even places and γ · R² at odd ones, γ = ζ^(2·BitRev7(i) + 1).</summary>
    public static readonly short[] Gammas = Build(2 * Count, Gamma);

    public static readonly short[] GammasCompanion = Companions(Gammas);

    private static short[] Build(int count, Func<int, long> value)
    {
        short[] table = new short[count];
        for (int i = 0; i < count; i++)
        {
            // Around zero, so that products with any sixteen-bit value stay in range.
            long residue = ((value(i) % FieldVector.Modulus) + FieldVector.Modulus) % FieldVector.Modulus;
            table[i] = (short)(residue > FieldVector.Modulus / 2 ? residue - FieldVector.Modulus : residue);
        }

        return table;
    }

    private static short[] Companions(short[] table) => Array.ConvertAll(table, FieldVector.Companion);

    private static int Power(int index)
    {
        int exponent = 0;
        for (int bit = 0; bit < 7; bit++)
        {
            exponent |= ((index >> bit) & 1) << (6 - bit);
        }

        int power = 1;
        for (int i = 0; i < exponent; i++)
        {
            power = power * Root % FieldVector.Modulus;
        }

        return power;
    }

    // Layer l of a chunk has 2 << l groups of 8 >> l factors; its powers begin at 16 << l.
    private static int LastIndex(int place)
    {
        int chunk = place / ChunkStride;
        int layer = place % ChunkStride / FieldVector.Width;
        int group = place % FieldVector.Width / (8 >> layer);
        return (16 << layer) + (chunk * (2 << layer)) + group;
    }

    // The same layer's powers, from its end.
    private static int Mirror(int index)
    {
        int layer = 1 << (31 - int.LeadingZeroCount(index));
        return (3 * layer) - 1 - index;
    }

    private static long Gamma(int place)
    {
        if (place % 2 == 0)
        {
            return FieldVector.RSquared;
        }

        int pair = place / 2;
        long gamma = (long)Power(64 + (pair / 2)) * FieldVector.RSquared;
        return pair % 2 == 0 ? gamma : -gamma;
    }
}
