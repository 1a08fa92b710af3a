using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Quiver.Protocol.Crypto.MLKem;

/// <summary>
/// The number-theoretic transform and its inverse, in place. Layers with a distance of a vector or more work on whole vectors; the
/// last three sort a chunk of two vectors so that partners stand opposite each other. FIPS 203 §4.3.
/// </summary>
internal static class NumberTheoreticTransform
{
    /// <summary>Coefficients of a polynomial.</summary>
    public const int Length = 256;

    private const int Width = FieldVector.Width;

    // 1/128 in Montgomery's form.
    private const short Scale = 512;

    /// <summary>Algorithm 9. For values between -q and q; gives values from 0 to q.</summary>
    public static void Forward(Span<short> polynomial)
    {
        // Each layer adds less than q: 8q at the end, which sixteen bits hold.
        ref short f = ref MemoryMarshal.GetReference(polynomial[..Length]);
        int power = 1;
        for (int distance = Length / 2; distance >= Width; distance /= 2)
        {
            for (int start = 0; start < Length; start += 2 * distance)
            {
                Vector256<short> zeta = Vector256.Create(Zetas.Powers[power]);
                Vector256<short> companion = Vector256.Create(Zetas.PowersCompanion[power++]);
                for (int i = start; i < start + distance; i += Width)
                {
                    Vector256<short> left = Vector256.LoadUnsafe(ref f, (nuint)i);
                    Vector256<short> right = Vector256.LoadUnsafe(ref f, (nuint)(i + distance));
                    Butterfly(ref left, ref right, zeta, companion);
                    left.StoreUnsafe(ref f, (nuint)i);
                    right.StoreUnsafe(ref f, (nuint)(i + distance));
                }
            }
        }

        ref short zetas = ref MemoryMarshal.GetArrayDataReference(Zetas.Last);
        ref short companions = ref MemoryMarshal.GetArrayDataReference(Zetas.LastCompanion);
        nuint table = 0;
        for (nuint i = 0; i < Length; i += Zetas.Chunk, table += Zetas.ChunkStride)
        {
            Vector256<short> left = Vector256.LoadUnsafe(ref f, i);
            Vector256<short> right = Vector256.LoadUnsafe(ref f, i + Width);
            SwapHalves(ref left, ref right);
            Butterfly(ref left, ref right, Vector256.LoadUnsafe(ref zetas, table), Vector256.LoadUnsafe(ref companions, table));
            SwapQuarters(ref left, ref right);
            Butterfly(
                ref left, ref right, Vector256.LoadUnsafe(ref zetas, table + Width), Vector256.LoadUnsafe(ref companions, table + Width));
            SwapPairs(ref left, ref right);
            Butterfly(
                ref left,
                ref right,
                Vector256.LoadUnsafe(ref zetas, table + (2 * Width)),
                Vector256.LoadUnsafe(ref companions, table + (2 * Width)));
            SwapPairs(ref left, ref right);
            SwapQuarters(ref left, ref right);
            SwapHalves(ref left, ref right);
            FieldVector.Reduce(left).StoreUnsafe(ref f, i);
            FieldVector.Reduce(right).StoreUnsafe(ref f, i + Width);
        }
    }

    /// <summary>Algorithm 10. For values between -q and q; gives values between -q and q.</summary>
    public static void Inverse(Span<short> polynomial)
    {
        // A layer at most doubles its sums: reduced after the third and the sixth, they stay below 8q.
        ref short f = ref MemoryMarshal.GetReference(polynomial[..Length]);
        ref short zetas = ref MemoryMarshal.GetArrayDataReference(Zetas.First);
        ref short companions = ref MemoryMarshal.GetArrayDataReference(Zetas.FirstCompanion);
        nuint table = 0;
        for (nuint i = 0; i < Length; i += Zetas.Chunk, table += Zetas.ChunkStride)
        {
            Vector256<short> left = Vector256.LoadUnsafe(ref f, i);
            Vector256<short> right = Vector256.LoadUnsafe(ref f, i + Width);
            SwapHalves(ref left, ref right);
            SwapQuarters(ref left, ref right);
            SwapPairs(ref left, ref right);
            InverseButterfly(
                ref left,
                ref right,
                Vector256.LoadUnsafe(ref zetas, table + (2 * Width)),
                Vector256.LoadUnsafe(ref companions, table + (2 * Width)));
            SwapPairs(ref left, ref right);
            InverseButterfly(
                ref left, ref right, Vector256.LoadUnsafe(ref zetas, table + Width), Vector256.LoadUnsafe(ref companions, table + Width));
            SwapQuarters(ref left, ref right);
            InverseButterfly(ref left, ref right, Vector256.LoadUnsafe(ref zetas, table), Vector256.LoadUnsafe(ref companions, table));
            left = FieldVector.Reduce(left);
            SwapHalves(ref left, ref right);
            left.StoreUnsafe(ref f, i);
            right.StoreUnsafe(ref f, i + Width);
        }

        int power = (Length / Width) - 1;
        for (int distance = Width; distance < Length; distance *= 2)
        {
            for (int start = 0; start < Length; start += 2 * distance)
            {
                Vector256<short> zeta = Vector256.Create(Zetas.Powers[power]);
                Vector256<short> companion = Vector256.Create(Zetas.PowersCompanion[power--]);
                for (int i = start; i < start + distance; i += Width)
                {
                    Vector256<short> left = Vector256.LoadUnsafe(ref f, (nuint)i);
                    Vector256<short> right = Vector256.LoadUnsafe(ref f, (nuint)(i + distance));
                    InverseButterfly(ref left, ref right, zeta, companion);
                    left = distance == Length / 4 ? FieldVector.Reduce(left) : left;
                    left.StoreUnsafe(ref f, (nuint)i);
                    right.StoreUnsafe(ref f, (nuint)(i + distance));
                }
            }
        }

        Vector256<short> scale = Vector256.Create(Scale);
        Vector256<short> scaleCompanion = Vector256.Create(FieldVector.Companion(Scale));
        for (nuint i = 0; i < Length; i += Width)
        {
            FieldVector.Multiply(Vector256.LoadUnsafe(ref f, i), scale, scaleCompanion).StoreUnsafe(ref f, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Butterfly(
        ref Vector256<short> left, ref Vector256<short> right, Vector256<short> zeta, Vector256<short> companion)
    {
        Vector256<short> product = FieldVector.Multiply(right, zeta, companion);
        right = left - product;
        left += product;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InverseButterfly(
        ref Vector256<short> left, ref Vector256<short> right, Vector256<short> zeta, Vector256<short> companion)
    {
        Vector256<short> difference = right - left;
        left += right;
        right = FieldVector.Multiply(difference, zeta, companion);
    }

    // The three below trade the right part of the left vector for the left part of the right one; twice is nothing.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SwapHalves(ref Vector256<short> left, ref Vector256<short> right)
    {
        Vector256<short> lower = Avx2.Permute2x128(left, right, 0x20);
        right = Avx2.Permute2x128(left, right, 0x31);
        left = lower;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SwapQuarters(ref Vector256<short> left, ref Vector256<short> right)
    {
        Vector256<long> lower = Avx2.UnpackLow(left.AsInt64(), right.AsInt64());
        right = Avx2.UnpackHigh(left.AsInt64(), right.AsInt64()).AsInt16();
        left = lower.AsInt16();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SwapPairs(ref Vector256<short> left, ref Vector256<short> right)
    {
        Vector256<int> lower = Avx2.Blend(left.AsInt32(), (right.AsUInt64() << 32).AsInt32(), 0xAA);
        right = Avx2.Blend((left.AsUInt64() >>> 32).AsInt32(), right.AsInt32(), 0xAA).AsInt16();
        left = lower.AsInt16();
    }
}
