using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Quiver.Protocol.Crypto.AesGcm;

/// <summary>
/// Arithmetic in GHASH's field, GF(2^128) modulo x^128 + x^7 + x^2 + x + 1. NIST SP 800-38D §6.3.
/// GCM writes polynomials with their bits reversed. Elements are held byte-reversed, so that bits run in one direction, and the
/// hash key is multiplied by x once, which makes up for the bit that a product of reversed numbers is off by.
/// </summary>
internal static class GhashField<T>
    where T : struct, IGcmInstructions
{
    // The modulus, reversed, without its outer terms: folds 64 bits with one product.
    private const ulong Fold = 0xC200_0000_0000_0000;

    /// <summary>Reverses the bytes of a block: from and to the order of the wire.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Reverse(Vector128<byte> block) =>
        T.Shuffle(block, Vector128.Create((byte)15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> SwapHalves(Vector128<ulong> value) => Vector128.Shuffle(value, Vector128.Create(1UL, 0));

    /// <summary>The encrypted zero block as a hash key: reversed, and multiplied by x without a branch.</summary>
    public static Vector128<ulong> HashKey(Vector128<byte> encryptedZero)
    {
        Vector128<ulong> h = Reverse(encryptedZero);
        ulong low = h[0];
        ulong high = h[1];
        ulong carry = (ulong)((long)high >> 63);
        return Vector128.Create((low << 1) ^ (carry & 1), ((high << 1) | (low >> 63)) ^ (carry & Fold));
    }

    /// <summary>a times b, of which b is a hash key or a power of one.</summary>
    public static Vector128<ulong> Multiply(Vector128<ulong> a, Vector128<ulong> b)
    {
        Vector128<ulong> low = T.MultiplyLower(a, b);
        Vector128<ulong> high = T.MultiplyUpper(a, b);
        Vector128<ulong> middle = T.MultiplyLower(a, SwapHalves(b)) ^ T.MultiplyUpper(a, SwapHalves(b));
        return Reduce(low, middle, high);
    }

    /// <summary>low + middle x^64 + high x^128, modulo the polynomial.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Reduce(Vector128<ulong> low, Vector128<ulong> middle, Vector128<ulong> high)
    {
        Vector128<ulong> fold = Vector128.Create(Fold);
        middle ^= SwapHalves(low) ^ T.MultiplyLower(low, fold);
        return high ^ SwapHalves(middle) ^ T.MultiplyLower(middle, fold);
    }
}
