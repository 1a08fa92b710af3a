using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Quiver.Protocol.Crypto.AesGcm;

/// <summary>
/// GHASH in vectors of four blocks (VPCLMULQDQ and AVX-512). The table holds the powers from the twelfth down to the first and
/// then zeros, so that the powers of any run of blocks are read as vectors.
/// </summary>
internal readonly struct Ghash512 : IGhash
{
    private const int Powers = 12;
    private const int BlockLength = 16;
    private const int VectorLength = 4 * BlockLength;

    public static bool IsSupported => X86Instructions.IsSupported && Pclmulqdq.V512.IsSupported && Avx512BW.IsSupported;

    public static int TableLength => (Powers + 3) * BlockLength;

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
    public static Vector128<ulong> UpdateBatch(Vector128<ulong> state, ref byte data, ref byte table)
    {
        ref byte powers = ref Unsafe.Add(ref table, (Powers - 8) * BlockLength);
        Vector512<ulong> a = Load(ref data) ^ state.ToVector256().ToVector512();
        Vector512<ulong> b = Load(ref Unsafe.Add(ref data, VectorLength));
        Vector512<ulong> p = Vector512.LoadUnsafe(ref powers).AsUInt64();
        Vector512<ulong> q = Vector512.LoadUnsafe(ref powers, VectorLength).AsUInt64();
        Vector512<ulong> low = Pclmulqdq.V512.CarrylessMultiply(a, p, 0x00) ^ Pclmulqdq.V512.CarrylessMultiply(b, q, 0x00);
        Vector512<ulong> high = Pclmulqdq.V512.CarrylessMultiply(a, p, 0x11) ^ Pclmulqdq.V512.CarrylessMultiply(b, q, 0x11);
        Vector512<ulong> middle = Pclmulqdq.V512.CarrylessMultiply(a, p, 0x01) ^ Pclmulqdq.V512.CarrylessMultiply(a, p, 0x10)
            ^ Pclmulqdq.V512.CarrylessMultiply(b, q, 0x01) ^ Pclmulqdq.V512.CarrylessMultiply(b, q, 0x10);
        return Reduce(low, middle, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Update(Vector128<ulong> state, ref byte data, int blocks, ref byte table)
    {
        ref byte powers = ref Unsafe.Add(ref table, (Powers - blocks) * BlockLength);
        Vector512<ulong> low = Vector512<ulong>.Zero;
        Vector512<ulong> middle = Vector512<ulong>.Zero;
        Vector512<ulong> high = Vector512<ulong>.Zero;
        Vector512<ulong> first = state.ToVector256().ToVector512();
        for (int offset = 0; offset < blocks * BlockLength; offset += VectorLength)
        {
            Vector512<ulong> a = Load(ref Unsafe.Add(ref data, offset)) ^ first;
            first = Vector512<ulong>.Zero;
            Vector512<ulong> p = Vector512.LoadUnsafe(ref powers, (nuint)offset).AsUInt64();
            low ^= Pclmulqdq.V512.CarrylessMultiply(a, p, 0x00);
            high ^= Pclmulqdq.V512.CarrylessMultiply(a, p, 0x11);
            middle ^= Pclmulqdq.V512.CarrylessMultiply(a, p, 0x01) ^ Pclmulqdq.V512.CarrylessMultiply(a, p, 0x10);
        }

        return Reduce(low, middle, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Load(ref byte data) =>
        Avx512BW.Shuffle(
            Vector512.LoadUnsafe(ref data),
            Vector512.Create(
                (byte)15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0,
                15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)).AsUInt64();

    // Reduces each of the four lanes as GhashField.Reduce does, and then adds them up.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Reduce(Vector512<ulong> low, Vector512<ulong> middle, Vector512<ulong> high)
    {
        Vector512<ulong> fold = Vector512.Create(0xC200_0000_0000_0000UL);
        middle ^= SwapHalves(low) ^ Pclmulqdq.V512.CarrylessMultiply(low, fold, 0x00);
        high ^= SwapHalves(middle) ^ Pclmulqdq.V512.CarrylessMultiply(middle, fold, 0x00);
        Vector256<ulong> half = high.GetLower() ^ high.GetUpper();
        return half.GetLower() ^ half.GetUpper();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> SwapHalves(Vector512<ulong> value) =>
        Avx512F.Shuffle(value.AsUInt32(), 0b01_00_11_10).AsUInt64();
}
