using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Quiver.Protocol.Crypto.MLKem;

/// <summary>
/// Polynomials as bytes, twelve bits a coefficient for keys and one for messages. Values are canonical: from 0 to q - 1.
/// FIPS 203 §4.2.1, algorithms 5 and 6.
/// </summary>
internal static class PolynomialEncoding
{
    /// <summary>Bytes of a polynomial with twelve bits a coefficient.</summary>
    public const int EncodedLength = 384;

    /// <summary>Bytes after a polynomial that <see cref="TryDecode"/> reads and drops.</summary>
    public const int ReadBeyond = 4;

    /// <summary>Bytes of a message, a bit a coefficient.</summary>
    public const int MessageLength = 32;

    private const int Length = NumberTheoreticTransform.Length;
    private const int HalfVectorBytes = 12;

    // The value that stands for a bit that is set: q/2, rounded. FIPS 203 §4.2.1, Decompress with d = 1.
    private const short One = 1665;

    // Values above the first and below the second are nearer to q/2 than to 0.
    private const short NearOneAbove = 832;
    private const short NearOneBelow = 2497;

    public static void Encode(ReadOnlySpan<short> polynomial, Span<byte> bytes)
    {
        ref short source = ref MemoryMarshal.GetReference(polynomial[..Length]);
        Span<byte> target = bytes[..EncodedLength];
        Vector256<short> weights = Vector256.Create(1 | (1 << 28)).AsInt16();
        Vector128<byte> lane = Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 255, 255, 255, 255);
        Vector256<byte> order = Vector256.Create(lane, lane);
        for (nuint i = 0; i < Length; i += FieldVector.Width)
        {
            Vector256<int> pairs = Avx2.MultiplyAddAdjacent(Vector256.LoadUnsafe(ref source, i), weights);
            Vector256<byte> packed = Avx2.Shuffle(pairs.AsByte(), order);
            WriteHalf(packed.GetLower(), target);
            WriteHalf(packed.GetUpper(), target[HalfVectorBytes..]);
            target = target[(2 * HalfVectorBytes)..];
        }
    }

    /// <summary>False when a value is not below q. FIPS 203 §7.2.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, Span<short> polynomial)
    {
        ref byte source = ref MemoryMarshal.GetReference(bytes[..(EncodedLength + ReadBeyond)]);
        ref short target = ref MemoryMarshal.GetReference(polynomial[..Length]);
        Vector128<byte> lane = Vector128.Create((byte)0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11);
        Vector256<byte> order = Vector256.Create(lane, lane);
        Vector256<short> beyond = default;
        nuint position = 0;
        for (nuint i = 0; i < Length; i += FieldVector.Width, position += 2 * HalfVectorBytes)
        {
            Vector256<byte> raw = Vector256.Create(
                Vector128.LoadUnsafe(ref source, position), Vector128.LoadUnsafe(ref source, position + HalfVectorBytes));
            Vector256<ushort> pairs = Avx2.Shuffle(raw, order).AsUInt16();
            Vector256<short> values = Avx2.Blend(pairs & Vector256.Create((ushort)0xFFF), pairs >>> 4, 0xAA).AsInt16();
            beyond |= Vector256.GreaterThan(values, Vector256.Create((short)(FieldVector.Modulus - 1)));
            values.StoreUnsafe(ref target, i);
        }

        return beyond == default;
    }

    /// <summary>Adds the message to a polynomial, q/2 for each bit that is set.</summary>
    public static void AddMessage(ReadOnlySpan<byte> message, Span<short> polynomial)
    {
        ref short target = ref MemoryMarshal.GetReference(polynomial[..Length]);
        Vector256<ushort> bit = Vector256.Create(
            (ushort)0x1, 0x2, 0x4, 0x8, 0x10, 0x20, 0x40, 0x80, 0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000, 0x4000, 0x8000);
        for (int i = 0; i < Length; i += FieldVector.Width)
        {
            Vector256<ushort> bits = Vector256.Create(BinaryPrimitives.ReadUInt16LittleEndian(message[(i / 8)..]));
            Vector256<short> set = Vector256.Equals(bits & bit, bit).AsInt16();
            (Vector256.LoadUnsafe(ref target, (nuint)i) + (set & Vector256.Create(One))).StoreUnsafe(ref target, (nuint)i);
        }
    }

    /// <summary>A bit for each value, set when it is nearer to q/2 than to 0.</summary>
    public static void ReadMessage(ReadOnlySpan<short> polynomial, Span<byte> message)
    {
        ref short source = ref MemoryMarshal.GetReference(polynomial[..Length]);
        for (int i = 0; i < Length; i += 2 * FieldVector.Width)
        {
            Vector256<short> first = IsNearOne(Vector256.LoadUnsafe(ref source, (nuint)i));
            Vector256<short> second = IsNearOne(Vector256.LoadUnsafe(ref source, (nuint)(i + FieldVector.Width)));
            Vector256<long> packed = Avx2.PackSignedSaturate(first, second).AsInt64();
            uint bits = Avx2.Permute4x64(packed, 0xD8).AsByte().ExtractMostSignificantBits();
            BinaryPrimitives.WriteUInt32LittleEndian(message[(i / 8)..], bits);
        }
    }

    private static void WriteHalf(Vector128<byte> packed, Span<byte> target)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(target, packed.AsUInt64()[0]);
        BinaryPrimitives.WriteUInt32LittleEndian(target[sizeof(ulong)..], packed.AsUInt32()[2]);
    }

    private static Vector256<short> IsNearOne(Vector256<short> values) =>
        Vector256.GreaterThan(values, Vector256.Create(NearOneAbove)) & Vector256.GreaterThan(Vector256.Create(NearOneBelow), values);
}
