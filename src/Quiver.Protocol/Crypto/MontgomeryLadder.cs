using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using Field = Org.BouncyCastle.Math.EC.Rfc7748.X25519Field;

namespace Quiver.Protocol.Crypto;

/// <summary>
/// Scalar multiplication on Curve25519 with the four independent products of a ladder step done at once in the four lanes of
/// a vector. Constant time: bits of the scalar only choose a lane order by a permutation whose index is data. RFC 7748 §5.
/// </summary>
internal static class MontgomeryLadder
{
    private const int Limbs = FieldElements.Limbs;
    private const int ScalarBits = 255;

    /// <summary>(486662 - 2) / 4. RFC 7748 §5.</summary>
    private const ulong A24 = 121665;

    public static bool IsSupported => Avx2.IsSupported;

    /// <summary>Adds or negates by lane, as (v ^ sign) + bias: lanes 1 and 3 are negated; the bias is 1 + 2p there.</summary>
    private static Vector256<ulong> Sign => Vector256.Create(0, ulong.MaxValue, 0, ulong.MaxValue);

    /// <summary>u of the base point, in the lane of u; small enough to multiply limbs by. RFC 7748 §4.1.</summary>
    private static Vector256<ulong> BasePoint => Vector256.Create(1UL, 9, 1, 1);

    /// <summary>Scalar times the point with this u. The scalar is secret, the point is not.</summary>
    public static void Multiply(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> u, Span<byte> result) =>
        Multiply(scalar, LoadPoint(u), isBase: false, result);

    /// <summary>Scalar times the base point.</summary>
    public static void MultiplyBase(ReadOnlySpan<byte> scalar, Span<byte> result)
    {
        FieldElements point = default;
        point[0] = BasePoint;
        Multiply(scalar, in point, isBase: true, result);
    }

    private static void Multiply(ReadOnlySpan<byte> scalar, in FieldElements point, bool isBase, Span<byte> result)
    {
        Span<byte> k = stackalloc byte[X25519.KeyLength];
        scalar.CopyTo(k);
        k[0] &= 248;
        k[31] = (byte)((k[31] & 127) | 64);

        FieldElements biases = CreateBiases();

        // Lanes x3, z3, x2, z2, as each step leaves them: at first (u : 1) and (1 : 0).
        FieldElements state = default;
        for (int i = 0; i < Limbs; i++)
        {
            state[i] = Vector256.Create(point[i].GetElement(1), 0, 0, 0);
        }

        state[0] = state[0].WithElement(1, 1UL).WithElement(2, 1UL);
        Workspace work = default;
        uint previous = 0;
        for (int t = ScalarBits - 1; t >= 0; t--)
        {
            uint bit = (uint)(k[t >> 3] >> (t & 7)) & 1;
            Step(ref state, ref work, in point, isBase, in biases, swap: bit ^ previous);
            previous = bit;
        }

        // The last bit is zero in every scalar, so nothing is left to be swapped. RFC 7748 §5.
        Finish(in state, result);
        CryptographicOperations.ZeroMemory(k);
    }

    private static void Step(
        ref FieldElements state,
        ref Workspace work,
        ref readonly FieldElements point,
        bool isBase,
        ref readonly FieldElements biases,
        uint swap)
    {
        // As 32-bit lanes: halves exchanged (x2, z2 first) without a swap, left as they are with one.
        Vector256<uint> order = Vector256.Create(4U, 5, 6, 7, 0, 1, 2, 3) ^ Vector256.Create(4 * swap);
        for (int i = 0; i < Limbs; i++)
        {
            Vector256<ulong> s = Avx2.PermuteVar8x32(state[i].AsUInt32(), order).AsUInt64();
            Vector256<ulong> sums = SumsAndDifferences(s, biases[i]);

            // A, B, C, D of the RFC become D, C, A, B and A, B, A, B.
            work.Left[i] = Avx2.Permute4x64(sums, 0b01_00_10_11);
            work.Right[i] = Avx2.Permute4x64(sums, 0b01_00_01_00);
        }

        // DA, CB, AA, BB.
        FieldElements.Multiply(in work.Left, in work.Right, ref work.Folded, ref work.Products);
        for (int i = 0; i < Limbs; i++)
        {
            Vector256<ulong> p = work.Products[i];
            Vector256<ulong> sums = SumsAndDifferences(p, biases[i]);

            // DA + CB, DA - CB, AA, E; and the first two again, BB, AA + a24 E.
            work.Left[i] = Avx2.Blend(sums.AsUInt32(), p.AsUInt32(), 0b00_11_00_00).AsUInt64();
            Vector256<ulong> turned = Avx2.Permute4x64(p, 0b10_11_01_00);
            work.Right[i] = Avx2.Blend(sums.AsUInt32(), turned.AsUInt32(), 0b11_11_00_00).AsUInt64()
                + FieldElements.Product(sums, Vector256.Create(0, 0, 0, A24));
        }

        FieldElements.Carry(ref work.Right);

        // x3, (DA - CB)^2, x2, z2; the second still times u, the others times 1.
        FieldElements.Multiply(in work.Left, in work.Right, ref work.Folded, ref work.Products);
        if (!isBase)
        {
            FieldElements.Multiply(in work.Products, in point, ref work.Folded, ref state);
            return;
        }

        for (int i = 0; i < Limbs; i++)
        {
            state[i] = FieldElements.Product(work.Products[i], BasePoint);
        }

        FieldElements.Carry(ref state);
    }

    // Lanes a, b, c, d to a + b, a - b, c + d, c - d.
    private static Vector256<ulong> SumsAndDifferences(Vector256<ulong> v, Vector256<ulong> bias) =>
        Avx2.Permute4x64(v, 0b10_10_00_00) + ((Avx2.Permute4x64(v, 0b11_11_01_01) ^ Sign) + bias);

    private static FieldElements CreateBiases()
    {
        FieldElements biases = default;
        for (int i = 0; i < Limbs; i++)
        {
            ulong limb = 1 + (i == 0 ? (1UL << 27) - 38 : (1UL << (27 - (i & 1))) - 2);
            biases[i] = Vector256.Create(0, limb, 0, limb);
        }

        return biases;
    }

    // u in lane 1, one in the others. The highest bit does not count. RFC 7748 §5.
    private static FieldElements LoadPoint(ReadOnlySpan<byte> u)
    {
        // The first five limbs hold 128 bits, the other five 127.
        UInt128 bits = BinaryPrimitives.ReadUInt128LittleEndian(u);
        FieldElements point = default;
        for (int i = 0; i < Limbs; i++)
        {
            if (i == Limbs / 2)
            {
                bits = BinaryPrimitives.ReadUInt128LittleEndian(u[16..]);
            }

            int width = WidthOf(i);
            point[i] = Vector256.Create(0, (ulong)bits & ((1UL << width) - 1), 0, 0);
            bits >>= width;
        }

        point[0] += Vector256.Create(1UL, 0, 1, 1);
        return point;
    }

    // x2 / z2, by BouncyCastle's constant-time inversion.
    private static void Finish(ref readonly FieldElements state, Span<byte> result)
    {
        int[] x = Field.Create();
        int[] z = Field.Create();
        LoadLane(in state, 2, x);
        LoadLane(in state, 3, z);
        Field.Inv(z, z);
        Field.Mul(x, z, x);
        Field.Normalize(x);
        Field.Encode(x, result);
        Array.Clear(x);
        Array.Clear(z);
    }

    // One lane in BouncyCastle's form, by way of bytes.
    private static void LoadLane(ref readonly FieldElements elements, int lane, int[] destination)
    {
        Span<ulong> limbs = stackalloc ulong[Limbs];
        for (int i = 0; i < Limbs; i++)
        {
            limbs[i] = elements[i].GetElement(lane);
        }

        // The second pass ends with an overflow only if nearly all limbs are zero, so the last addition needs no third.
        limbs[0] += 19 * CarryThrough(limbs);
        limbs[0] += 19 * CarryThrough(limbs);
        Span<byte> bytes = stackalloc byte[X25519.KeyLength];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, Join(limbs[..5], 0));
        BinaryPrimitives.WriteUInt128LittleEndian(bytes[16..], Join(limbs[5..], 1));
        Field.Decode255(bytes, destination);
        CryptographicOperations.ZeroMemory(bytes);
    }

    private static ulong CarryThrough(Span<ulong> limbs)
    {
        ulong carry = 0;
        for (int i = 0; i < Limbs; i++)
        {
            ulong limb = limbs[i] + carry;
            carry = limb >> WidthOf(i);
            limbs[i] = limb & ((1UL << WidthOf(i)) - 1);
        }

        return carry;
    }

    private static UInt128 Join(ReadOnlySpan<ulong> limbs, int parity)
    {
        UInt128 joined = 0;
        int position = 0;
        for (int i = 0; i < limbs.Length; i++)
        {
            joined |= (UInt128)limbs[i] << position;
            position += WidthOf(i + parity);
        }

        return joined;
    }

    private static int WidthOf(int limb) => 26 - (limb & 1);

    private struct Workspace
    {
        public FieldElements Left;
        public FieldElements Right;
        public FieldElements Products;
        public FieldElements Folded;
    }
}
