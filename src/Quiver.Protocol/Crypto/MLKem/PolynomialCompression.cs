using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Quiver.Protocol.Crypto.MLKem;

/// <summary>
/// The polynomials of a ciphertext as bytes, rounded to ten bits a coefficient (u) or four (v), by multiplication alone: division
/// takes a time that depends on its operands. Values are canonical: from 0 to q - 1. FIPS 203 §4.2.1.
/// </summary>
internal static class PolynomialCompression
{
    /// <summary>Bytes of a polynomial with ten bits a coefficient.</summary>
    public const int TenBitLength = 320;

    /// <summary>Bytes of a polynomial with four bits a coefficient.</summary>
    public const int FourBitLength = 128;

    /// <summary>Bytes after a polynomial that <see cref="DecodeTen"/> reads and drops.</summary>
    public const int ReadBeyond = 6;

    private const int Length = NumberTheoreticTransform.Length;
    private const int Width = FieldVector.Width;
    private const int TenBitHalf = 10;

    // 2^26 / q, rounded.
    private const short Reciprocal = 20159;

    public static void EncodeTen(ReadOnlySpan<short> polynomial, Span<byte> bytes)
    {
        ref short source = ref MemoryMarshal.GetReference(polynomial[..Length]);
        Span<byte> target = bytes[..TenBitLength];
        Vector256<short> weights = Vector256.Create(1 | (1 << 26)).AsInt16();
        Vector128<byte> lane = Vector128.Create((byte)0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 255, 255, 255, 255, 255, 255);
        Vector256<byte> order = Vector256.Create(lane, lane);
        for (nuint i = 0; i < Length; i += Width)
        {
            // Twenty bits in each lane of 32, then forty in each of 64.
            Vector256<uint> twenty = Avx2.MultiplyAddAdjacent(CompressTen(Vector256.LoadUnsafe(ref source, i)), weights).AsUInt32();
            Vector256<ulong> wide = twenty.AsUInt64();
            Vector256<ulong> forty = (wide & Vector256.Create(0xFFFFFUL)) | ((wide >>> 32) << 20);
            Vector256<byte> packed = Avx2.Shuffle(forty.AsByte(), order);
            WriteTenHalf(packed.GetLower(), target);
            WriteTenHalf(packed.GetUpper(), target[TenBitHalf..]);
            target = target[(2 * TenBitHalf)..];
        }
    }

    public static void DecodeTen(ReadOnlySpan<byte> bytes, Span<short> polynomial)
    {
        ref byte source = ref MemoryMarshal.GetReference(bytes[..(TenBitLength + ReadBeyond)]);
        ref short target = ref MemoryMarshal.GetReference(polynomial[..Length]);
        Vector128<byte> lane = Vector128.Create((byte)0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 6, 7, 7, 8, 8, 9);
        Vector256<byte> order = Vector256.Create(lane, lane);

        // To the top of a lane: the four values of five bytes begin at bits 0, 2, 4 and 6 of theirs.
        Vector256<short> shifts = Vector256.Create(0x0001_0004_0010_0040).AsInt16();
        nuint position = 0;
        for (nuint i = 0; i < Length; i += Width, position += 2 * TenBitHalf)
        {
            Vector256<byte> raw = Vector256.Create(
                Vector128.LoadUnsafe(ref source, position), Vector128.LoadUnsafe(ref source, position + TenBitHalf));
            Vector256<short> top = Avx2.MultiplyLow(Avx2.Shuffle(raw, order).AsInt16(), shifts);
            Vector256<short> values = (top >>> 1) & Vector256.Create((short)0x7FE0);

            // value · 32 · q / 2^15, rounded.
            Avx2.MultiplyHighRoundScale(values, Vector256.Create(FieldVector.Modulus)).StoreUnsafe(ref target, i);
        }
    }

    public static void EncodeFour(ReadOnlySpan<short> polynomial, Span<byte> bytes)
    {
        ref short source = ref MemoryMarshal.GetReference(polynomial[..Length]);
        ref byte target = ref MemoryMarshal.GetReference(bytes[..FourBitLength]);
        Vector256<sbyte> weights = Vector256.Create((short)0x1001).AsSByte();
        for (nuint i = 0; i < Length; i += 2 * Width)
        {
            Vector256<short> first = CompressFour(Vector256.LoadUnsafe(ref source, i));
            Vector256<short> second = CompressFour(Vector256.LoadUnsafe(ref source, i + Width));
            Vector256<byte> values = Avx2.Permute4x64(Avx2.PackUnsignedSaturate(first, second).AsInt64(), 0xD8).AsByte();
            Vector256<short> pairs = Avx2.MultiplyAddAdjacent(values, weights);
            Vector256<long> packed = Avx2.PackUnsignedSaturate(pairs, pairs).AsInt64();
            Avx2.Permute4x64(packed, 0x08).AsByte().GetLower().StoreUnsafe(ref target, i / 2);
        }
    }

    public static void DecodeFour(ReadOnlySpan<byte> bytes, Span<short> polynomial)
    {
        ref byte source = ref MemoryMarshal.GetReference(bytes[..FourBitLength]);
        ref short target = ref MemoryMarshal.GetReference(polynomial[..Length]);
        for (nuint i = 0; i < FourBitLength; i += 16)
        {
            Vector128<byte> raw = Vector128.LoadUnsafe(ref source, i);
            Vector128<byte> low = raw & Vector128.Create((byte)0x0F);
            Vector128<byte> high = (raw >>> 4) & Vector128.Create((byte)0x0F);
            DecompressFour(Sse2.UnpackLow(low, high)).StoreUnsafe(ref target, 2 * i);
            DecompressFour(Sse2.UnpackHigh(low, high)).StoreUnsafe(ref target, (2 * i) + Width);
        }
    }

    // 2^10 · value / q, rounded. The quotient with three bits more may be one too large; the lower halves of the products tell.
    private static Vector256<short> CompressTen(Vector256<short> value)
    {
        Vector256<short> product = Avx2.MultiplyLow(value, Vector256.Create(unchecked((short)(Reciprocal << 3))));
        Vector256<short> shifted = value + Vector256.Create((short)15);
        Vector256<short> quotient = Avx2.MultiplyHigh(value << 3, Vector256.Create(Reciprocal));
        Vector256<short> excess = Avx2.AndNot(product, product - shifted) >>> 15;
        Vector256<short> rounded = Avx2.MultiplyHighRoundScale(quotient - excess, Vector256.Create((short)(1 << 12)));
        return rounded & Vector256.Create((short)0x3FF);
    }

    // 2^4 · value / q, rounded.
    private static Vector256<short> CompressFour(Vector256<short> value)
    {
        Vector256<short> quotient = Avx2.MultiplyHigh(value, Vector256.Create(Reciprocal));
        return Avx2.MultiplyHighRoundScale(quotient, Vector256.Create((short)(1 << 9))) & Vector256.Create((short)0xF);
    }

    // value · 2^11 · q / 2^15, rounded.
    private static Vector256<short> DecompressFour(Vector128<byte> values) =>
        Avx2.MultiplyHighRoundScale(Avx2.ConvertToVector256Int16(values) << 11, Vector256.Create(FieldVector.Modulus));

    private static void WriteTenHalf(Vector128<byte> packed, Span<byte> target)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(target, packed.AsUInt64()[0]);
        BinaryPrimitives.WriteUInt16LittleEndian(target[sizeof(ulong)..], packed.AsUInt16()[4]);
    }
}
