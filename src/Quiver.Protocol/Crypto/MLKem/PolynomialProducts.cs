using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Quiver.Protocol.Crypto.MLKem;

/// <summary>
/// Inner products of vectors of transformed polynomials. One factor is prepared as two tables, so that a product of two pairs is two
/// multiply-and-add instructions, and a sum of products is reduced once. FIPS 203 §4.3.1, algorithms 11 and 12.
/// </summary>
internal static class PolynomialProducts
{
    /// <summary>Shorts of a prepared polynomial.</summary>
    public const int PreparedLength = 2 * NumberTheoreticTransform.Length;

    private const int Length = NumberTheoreticTransform.Length;
    private const int Width = FieldVector.Width;

    /// <summary>For pairs (b0, b1): the pairs (R · b0, R · γ · b1), then the pairs (R · b1, R · b0).</summary>
    public static void Prepare(ReadOnlySpan<short> polynomial, Span<short> prepared)
    {
        ref short b = ref MemoryMarshal.GetReference(polynomial[..Length]);
        ref short result = ref MemoryMarshal.GetReference(prepared[..PreparedLength]);
        ref short gammas = ref MemoryMarshal.GetArrayDataReference(Zetas.Gammas);
        ref short companions = ref MemoryMarshal.GetArrayDataReference(Zetas.GammasCompanion);
        Vector256<short> square = Vector256.Create((short)FieldVector.RSquared);
        Vector256<short> squareCompanion = Vector256.Create(FieldVector.Companion(FieldVector.RSquared));
        for (nuint i = 0; i < Length; i += Width)
        {
            Vector256<short> value = Vector256.LoadUnsafe(ref b, i);
            FieldVector.Multiply(value, Vector256.LoadUnsafe(ref gammas, i), Vector256.LoadUnsafe(ref companions, i))
                .StoreUnsafe(ref result, i);
            Vector256<uint> scaled = FieldVector.Multiply(value, square, squareCompanion).AsUInt32();
            ((scaled << 16) | (scaled >>> 16)).AsInt16().StoreUnsafe(ref result, Length + i);
        }
    }

    /// <summary>
    /// The sum of three products. The left polynomials, with values from -q to q, stand <paramref name="stride"/> apart; the result's
    /// values are between -q and q.
    /// </summary>
    public static void Sum(ReadOnlySpan<short> left, int stride, ReadOnlySpan<short> prepared, Span<short> result)
    {
        // Six products below q² each: less than q · 2^15, as the reduction needs.
        ref short first = ref MemoryMarshal.GetReference(left[..Length]);
        ref short second = ref MemoryMarshal.GetReference(left.Slice(stride, Length));
        ref short third = ref MemoryMarshal.GetReference(left.Slice(2 * stride, Length));
        ref short even = ref MemoryMarshal.GetReference(prepared[..(3 * PreparedLength)]);
        ref short sum = ref MemoryMarshal.GetReference(result[..Length]);
        for (nuint i = 0; i < Length; i += Width)
        {
            Vector256<short> a = Vector256.LoadUnsafe(ref first, i);
            Vector256<short> b = Vector256.LoadUnsafe(ref second, i);
            Vector256<short> c = Vector256.LoadUnsafe(ref third, i);
            Vector256<int> low = Avx2.MultiplyAddAdjacent(a, Vector256.LoadUnsafe(ref even, i))
                + Avx2.MultiplyAddAdjacent(b, Vector256.LoadUnsafe(ref even, PreparedLength + i))
                + Avx2.MultiplyAddAdjacent(c, Vector256.LoadUnsafe(ref even, (2 * PreparedLength) + i));
            Vector256<int> high = Avx2.MultiplyAddAdjacent(a, Vector256.LoadUnsafe(ref even, Length + i))
                + Avx2.MultiplyAddAdjacent(b, Vector256.LoadUnsafe(ref even, PreparedLength + Length + i))
                + Avx2.MultiplyAddAdjacent(c, Vector256.LoadUnsafe(ref even, (2 * PreparedLength) + Length + i));
            Vector256<short> evenPlaces = (FieldVector.ReduceSum(low).AsUInt32() >>> 16).AsInt16();
            Avx2.Blend(evenPlaces, FieldVector.ReduceSum(high).AsInt16(), 0xAA).StoreUnsafe(ref sum, i);
        }
    }

    /// <summary>Adds in place and brings the values to 0 … q - 1.</summary>
    public static void AddCanonical(Span<short> sum, ReadOnlySpan<short> addend)
    {
        ref short a = ref MemoryMarshal.GetReference(sum[..Length]);
        ref short b = ref MemoryMarshal.GetReference(addend[..Length]);
        for (nuint i = 0; i < Length; i += Width)
        {
            FieldVector.Canonical(Vector256.LoadUnsafe(ref a, i) + Vector256.LoadUnsafe(ref b, i)).StoreUnsafe(ref a, i);
        }
    }

    /// <summary>Replaces the subtrahend by the difference, with values of 0 … q - 1.</summary>
    public static void SubtractCanonical(ReadOnlySpan<short> minuend, Span<short> subtrahend)
    {
        ref short a = ref MemoryMarshal.GetReference(minuend[..Length]);
        ref short b = ref MemoryMarshal.GetReference(subtrahend[..Length]);
        for (nuint i = 0; i < Length; i += Width)
        {
            FieldVector.Canonical(Vector256.LoadUnsafe(ref a, i) - Vector256.LoadUnsafe(ref b, i)).StoreUnsafe(ref b, i);
        }
    }
}
