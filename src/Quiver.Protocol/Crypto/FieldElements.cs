using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Quiver.Protocol.Crypto;

/// <summary>
/// Four elements of the field modulo 2^255 - 19, one a lane, in ten limbs of 26 and 25 bits by turns. What
/// <see cref="Multiply"/> returns has limbs below 2^26 + 2^16 and 2^25 + 2^16; sums and differences of two such are what it
/// takes (below 2^27.6 and 2^26.6: then no product overflows). No branch and no address depends on a value.
/// </summary>
[InlineArray(Limbs)]
internal struct FieldElements
{
    public const int Limbs = 10;

    /// <summary>The modulus is 2^255 - 19, so what overflows comes back times 19.</summary>
    private const uint Fold = 19;

    private Vector256<ulong> _first;

    private static Vector256<ulong> Mask26 => Vector256.Create((1UL << 26) - 1);

    private static Vector256<ulong> Mask25 => Vector256.Create((1UL << 25) - 1);

    /// <summary>Lane by lane: f · g. <paramref name="folded"/> is working space, which the caller keeps to spare its clearing.
    /// The product may be one of the factors.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Multiply(
        ref readonly FieldElements f, ref readonly FieldElements g, ref FieldElements folded, ref FieldElements product)
    {
        for (int i = 1; i < Limbs; i++)
        {
            folded[i] = Times(g[i], Fold);
        }

        Vector256<ulong> h0, h1, h2, h3, h4, h5, h6, h7, h8, h9;
        Vector256<ulong> x = f[0];
        h0 = Product(x, g[0]);
        h1 = Product(x, g[1]);
        h2 = Product(x, g[2]);
        h3 = Product(x, g[3]);
        h4 = Product(x, g[4]);
        h5 = Product(x, g[5]);
        h6 = Product(x, g[6]);
        h7 = Product(x, g[7]);
        h8 = Product(x, g[8]);
        h9 = Product(x, g[9]);

        // Two odd limbs together weigh twice what their place says, since each is half a bit short.
        x = f[1];
        Vector256<ulong> twice = x + x;
        h0 += Product(twice, folded[9]);
        h1 += Product(x, g[0]);
        h2 += Product(twice, g[1]);
        h3 += Product(x, g[2]);
        h4 += Product(twice, g[3]);
        h5 += Product(x, g[4]);
        h6 += Product(twice, g[5]);
        h7 += Product(x, g[6]);
        h8 += Product(twice, g[7]);
        h9 += Product(x, g[8]);

        x = f[2];
        h0 += Product(x, folded[8]);
        h1 += Product(x, folded[9]);
        h2 += Product(x, g[0]);
        h3 += Product(x, g[1]);
        h4 += Product(x, g[2]);
        h5 += Product(x, g[3]);
        h6 += Product(x, g[4]);
        h7 += Product(x, g[5]);
        h8 += Product(x, g[6]);
        h9 += Product(x, g[7]);

        x = f[3];
        twice = x + x;
        h0 += Product(twice, folded[7]);
        h1 += Product(x, folded[8]);
        h2 += Product(twice, folded[9]);
        h3 += Product(x, g[0]);
        h4 += Product(twice, g[1]);
        h5 += Product(x, g[2]);
        h6 += Product(twice, g[3]);
        h7 += Product(x, g[4]);
        h8 += Product(twice, g[5]);
        h9 += Product(x, g[6]);

        x = f[4];
        h0 += Product(x, folded[6]);
        h1 += Product(x, folded[7]);
        h2 += Product(x, folded[8]);
        h3 += Product(x, folded[9]);
        h4 += Product(x, g[0]);
        h5 += Product(x, g[1]);
        h6 += Product(x, g[2]);
        h7 += Product(x, g[3]);
        h8 += Product(x, g[4]);
        h9 += Product(x, g[5]);

        x = f[5];
        twice = x + x;
        h0 += Product(twice, folded[5]);
        h1 += Product(x, folded[6]);
        h2 += Product(twice, folded[7]);
        h3 += Product(x, folded[8]);
        h4 += Product(twice, folded[9]);
        h5 += Product(x, g[0]);
        h6 += Product(twice, g[1]);
        h7 += Product(x, g[2]);
        h8 += Product(twice, g[3]);
        h9 += Product(x, g[4]);

        x = f[6];
        h0 += Product(x, folded[4]);
        h1 += Product(x, folded[5]);
        h2 += Product(x, folded[6]);
        h3 += Product(x, folded[7]);
        h4 += Product(x, folded[8]);
        h5 += Product(x, folded[9]);
        h6 += Product(x, g[0]);
        h7 += Product(x, g[1]);
        h8 += Product(x, g[2]);
        h9 += Product(x, g[3]);

        x = f[7];
        twice = x + x;
        h0 += Product(twice, folded[3]);
        h1 += Product(x, folded[4]);
        h2 += Product(twice, folded[5]);
        h3 += Product(x, folded[6]);
        h4 += Product(twice, folded[7]);
        h5 += Product(x, folded[8]);
        h6 += Product(twice, folded[9]);
        h7 += Product(x, g[0]);
        h8 += Product(twice, g[1]);
        h9 += Product(x, g[2]);

        x = f[8];
        h0 += Product(x, folded[2]);
        h1 += Product(x, folded[3]);
        h2 += Product(x, folded[4]);
        h3 += Product(x, folded[5]);
        h4 += Product(x, folded[6]);
        h5 += Product(x, folded[7]);
        h6 += Product(x, folded[8]);
        h7 += Product(x, folded[9]);
        h8 += Product(x, g[0]);
        h9 += Product(x, g[1]);

        x = f[9];
        twice = x + x;
        h0 += Product(twice, folded[1]);
        h1 += Product(x, folded[2]);
        h2 += Product(twice, folded[3]);
        h3 += Product(x, folded[4]);
        h4 += Product(twice, folded[5]);
        h5 += Product(x, folded[6]);
        h6 += Product(twice, folded[7]);
        h7 += Product(x, folded[8]);
        h8 += Product(twice, folded[9]);
        h9 += Product(x, g[0]);

        // Two chains of carries at a time, from limbs 0 and 4; the products are below 2^63.
        Vector256<ulong> mask26 = Mask26;
        Vector256<ulong> mask25 = Mask25;
        h1 += h0 >>> 26;
        h0 &= mask26;
        h5 += h4 >>> 26;
        h4 &= mask26;
        h2 += h1 >>> 25;
        h1 &= mask25;
        h6 += h5 >>> 25;
        h5 &= mask25;
        h3 += h2 >>> 26;
        h2 &= mask26;
        h7 += h6 >>> 26;
        h6 &= mask26;
        h4 += h3 >>> 25;
        h3 &= mask25;
        h8 += h7 >>> 25;
        h7 &= mask25;
        h5 += h4 >>> 26;
        h4 &= mask26;
        h9 += h8 >>> 26;
        h8 &= mask26;
        h0 += FoldBack(h9 >>> 25);
        h9 &= mask25;
        h1 += h0 >>> 26;
        h0 &= mask26;

        product[0] = h0;
        product[1] = h1;
        product[2] = h2;
        product[3] = h3;
        product[4] = h4;
        product[5] = h5;
        product[6] = h6;
        product[7] = h7;
        product[8] = h8;
        product[9] = h9;
    }

    /// <summary>One pass of carries over limbs below 2^46, all at once.</summary>
    public static void Carry(ref FieldElements f)
    {
        Vector256<ulong> carry = FoldBack(f[9] >>> 25);
        for (int i = 0; i < Limbs; i += 2)
        {
            Vector256<ulong> even = f[i];
            Vector256<ulong> odd = f[i + 1];
            f[i] = (even & Mask26) + carry;
            f[i + 1] = (odd & Mask25) + (even >>> 26);
            carry = odd >>> 25;
        }
    }

    /// <summary>The product of the low 32 bits, lane by lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Product(Vector256<ulong> a, Vector256<ulong> b) => Avx2.Multiply(a.AsUInt32(), b.AsUInt32());

    private static Vector256<ulong> Times(Vector256<ulong> a, uint factor) => Product(a, Vector256.Create((ulong)factor));

    // 19 times a value of more than 32 bits.
    private static Vector256<ulong> FoldBack(Vector256<ulong> carry) => carry + (carry << 1) + (carry << 4);
}
