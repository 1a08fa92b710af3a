using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Quiver.Protocol.Crypto.MLKem;

/// <summary>Arithmetic modulo q = 3329 on sixteen signed coefficients at a time, without branches. FIPS 203 §2.4.</summary>
internal static class FieldVector
{
    public const short Modulus = 3329;

    /// <summary>R = 2^16 modulo q, the factor of Montgomery's form.</summary>
    public const int R = 65536 % Modulus;

    /// <summary>R² modulo q.</summary>
    public const int RSquared = R * R % Modulus;

    /// <summary>Coefficients in a vector.</summary>
    public const int Width = 16;

    /// <summary>q⁻¹ modulo 2^16.</summary>
    public const short ModulusInverse = -3327;

    // 2^26 / q, rounded.
    private const short BarrettFactor = 20159;
    private const int BarrettShift = 10;

    /// <summary>The constant's partner for <see cref="Multiply"/>.</summary>
    public static short Companion(short constant) => unchecked((short)(constant * ModulusInverse));

    /// <summary>
    /// value · constant / R, between -q and q, for any value and a constant between -q and q, given with its product by q⁻¹.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Multiply(Vector256<short> value, Vector256<short> constant, Vector256<short> companion)
    {
        Vector256<short> low = Avx2.MultiplyLow(value, companion);
        return Avx2.MultiplyHigh(value, constant) - Avx2.MultiplyHigh(low, Vector256.Create(Modulus));
    }

    /// <summary>The same residue from 0 to q, q itself included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Reduce(Vector256<short> value)
    {
        Vector256<short> quotient = Avx2.MultiplyHigh(value, Vector256.Create(BarrettFactor)) >> BarrettShift;
        return value - Avx2.MultiplyLow(quotient, Vector256.Create(Modulus));
    }

    /// <summary>The same residue from 0 to q - 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Canonical(Vector256<short> value)
    {
        Vector256<short> less = Reduce(value) - Vector256.Create(Modulus);
        return less + ((less >> 15) & Vector256.Create(Modulus));
    }

    /// <summary>sum / R between -q and q, in the upper half of each lane, for sums below q · 2^15.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> ReduceSum(Vector256<int> sum)
    {
        // The upper halves of the product with q⁻¹ mean nothing; the zeros beside q drop them.
        Vector256<short> low = Avx2.MultiplyLow(sum.AsInt16(), Vector256.Create(ModulusInverse));
        return sum - Avx2.MultiplyAddAdjacent(low, Vector256.Create((int)Modulus).AsInt16());
    }
}
