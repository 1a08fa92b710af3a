using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Quiver.Protocol.Crypto.AesGcm;

/// <summary>
/// GHASH in vectors of one block, for x86 and Arm. Products are Karatsuba's, three instead of four, and there is one reduction a
/// batch. The table holds, from the ninth power down to the first, the power and the sum of its halves.
/// </summary>
internal readonly struct Ghash128<T> : IGhash
    where T : struct, IGcmInstructions
{
    private const int EntryLength = 32;

    public static bool IsSupported => T.IsSupported;

    public static int TableLength => IGhash.MaxBlocks * EntryLength;

    public static void FillTable(Vector128<ulong> hashKey, Span<byte> table)
    {
        Vector128<ulong> power = hashKey;
        for (int i = IGhash.MaxBlocks - 1; i >= 0; i--)
        {
            Span<byte> entry = table.Slice(i * EntryLength, EntryLength);
            power.AsByte().CopyTo(entry);
            (power ^ GhashField<T>.SwapHalves(power)).AsByte().CopyTo(entry[16..]);
            power = GhashField<T>.Multiply(power, hashKey);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> UpdateBatch(Vector128<ulong> state, ref byte data, ref byte table) =>
        Update(state, ref data, 8, ref table);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Update(Vector128<ulong> state, ref byte data, int blocks, ref byte table)
    {
        ref byte entry = ref Unsafe.Add(ref table, (IGhash.MaxBlocks - blocks) * EntryLength);
        Vector128<ulong> low = Vector128<ulong>.Zero;
        Vector128<ulong> middle = Vector128<ulong>.Zero;
        Vector128<ulong> high = Vector128<ulong>.Zero;
        Vector128<ulong> first = state;
        for (int i = 0; i < blocks; i++)
        {
            Vector128<ulong> block = GhashField<T>.Reverse(Vector128.LoadUnsafe(ref data, (nuint)(i * 16))) ^ first;
            first = Vector128<ulong>.Zero;
            Vector128<ulong> power = Vector128.LoadUnsafe(ref entry).AsUInt64();
            low ^= T.MultiplyLower(block, power);
            high ^= T.MultiplyUpper(block, power);
            middle ^= T.MultiplyLower(block ^ GhashField<T>.SwapHalves(block), Vector128.LoadUnsafe(ref entry, 16).AsUInt64());
            entry = ref Unsafe.Add(ref entry, EntryLength);
        }

        return GhashField<T>.Reduce(low, middle ^ low ^ high, high);
    }
}
