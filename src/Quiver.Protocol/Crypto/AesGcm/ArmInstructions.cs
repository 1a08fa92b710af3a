using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Quiver.Protocol.Crypto.AesGcm;

/// <summary>
/// AESE, AESMC and PMULL of Armv8. AESE adds its key first where x86 adds it last, so it is given zero and the key is added
/// after; that keeps AESE and AESMC next to each other, which processors fuse.
/// </summary>
internal readonly struct ArmInstructions : IGcmInstructions
{
    public static bool IsSupported => Aes.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Round(Vector128<byte> state, Vector128<byte> key) =>
        Aes.MixColumns(Aes.Encrypt(state, Vector128<byte>.Zero)) ^ key;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> FinalRound(Vector128<byte> state, Vector128<byte> key) =>
        Aes.Encrypt(state, Vector128<byte>.Zero) ^ key;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> MultiplyLower(Vector128<ulong> a, Vector128<ulong> b) =>
        Aes.PolynomialMultiplyWideningLower(a.GetLower(), b.GetLower());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> MultiplyUpper(Vector128<ulong> a, Vector128<ulong> b) =>
        Aes.PolynomialMultiplyWideningUpper(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Shuffle(Vector128<byte> value, Vector128<byte> indices) => Vector128.Shuffle(value, indices);
}
