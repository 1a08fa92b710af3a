using System.Runtime.Intrinsics;

namespace Quiver.Protocol.Crypto.AesGcm;

/// <summary>
/// The processor instructions that AES-GCM is built of, so that the algorithm is written once for x86 and Arm.
/// Implementations are empty structs: the JIT makes one copy of the algorithm for each and inlines these calls.
/// </summary>
internal interface IGcmInstructions
{
    static abstract bool IsSupported { get; }

    /// <summary>MixColumns(ShiftRows(SubBytes(state))) xor key. FIPS 197 §5.1.</summary>
    static abstract Vector128<byte> Round(Vector128<byte> state, Vector128<byte> key);

    /// <summary>ShiftRows(SubBytes(state)) xor key.</summary>
    static abstract Vector128<byte> FinalRound(Vector128<byte> state, Vector128<byte> key);

    /// <summary>Product without carries of the lower halves.</summary>
    static abstract Vector128<ulong> MultiplyLower(Vector128<ulong> a, Vector128<ulong> b);

    /// <summary>Product without carries of the upper halves.</summary>
    static abstract Vector128<ulong> MultiplyUpper(Vector128<ulong> a, Vector128<ulong> b);

    /// <summary>The bytes at <paramref name="indices"/>, which are below 16.</summary>
    static abstract Vector128<byte> Shuffle(Vector128<byte> value, Vector128<byte> indices);
}
