using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Quiver.Protocol.Crypto.AesGcm;

/// <summary>
/// GHASH in vectors of two blocks (VPCLMULQDQ and AVX2), for processors without AVX-512. The table holds the powers from the
/// tenth down to the first and then a zero, so that the powers of any run of blocks are read as vectors.
/// </summary>
internal readonly struct Ghash256 : IGhash
{
    private const int Powers = 10;
    private const int BlockLength = 16;
    private const int VectorLength = 2 * BlockLength;

    public static bool IsSupported => X86Instructions.IsSupported && Pclmulqdq.V256.IsSupported && Avx2.IsSupported;

    public static int TableLength => (Powers + 1) * BlockLength;

    public static void FillTable(Vector128<ulong> hashKey, Span<byte> table)
    {
        table[(Powers * BlockLength)..TableLength].Clear();
        Vector128<ulong> power = hashKey;
        for (int i = Powers - 1; i >= 0; i--)
        {
            power.AsByte().CopyTo(table[(i * BlockLength)..]);
            power = GhashField<X86Instructions>.Multiply(power, hashKey);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> UpdateBatch(Vector128<ulong> state, ref byte data, ref byte table) =>
        Update(state, ref data, 8, ref table);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Update(Vector128<ulong> state, ref byte data, int blocks, ref byte table)
    {
        ref byte powers = ref Unsafe.Add(ref table, (Powers - blocks) * BlockLength);
        Vector256<ulong> low = Vector256<ulong>.Zero;
        Vector256<ulong> middle = Vector256<ulong>.Zero;
        Vector256<ulong> high = Vector256<ulong>.Zero;
        Vector256<ulong> first = state.ToVector256();
        for (int offset = 0; offset < blocks * BlockLength; offset += VectorLength)
        {
            Vector256<ulong> a = Load(ref Unsafe.Add(ref data, offset)) ^ first;
            first = Vector256<ulong>.Zero;
            Vector256<ulong> p = Vector256.LoadUnsafe(ref powers, (nuint)offset).AsUInt64();
            low ^= Pclmulqdq.V256.CarrylessMultiply(a, p, 0x00);
            high ^= Pclmulqdq.V256.CarrylessMultiply(a, p, 0x11);
            middle ^= Pclmulqdq.V256.CarrylessMultiply(a, p, 0x01) ^ Pclmulqdq.V256.CarrylessMultiply(a, p, 0x10);
        }

        // The lanes are added before the one reduction.
        return GhashField<X86Instructions>.Reduce(Sum(low), Sum(middle), Sum(high));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Load(ref byte data) =>
        Avx2.Shuffle(
            Vector256.LoadUnsafe(ref data),
            Vector256.Create(
                (byte)15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Sum(Vector256<ulong> value) => value.GetLower() ^ value.GetUpper();
}
