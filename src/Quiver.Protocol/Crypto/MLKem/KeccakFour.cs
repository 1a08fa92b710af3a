using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Quiver.Protocol.Crypto.MLKem;

/// <summary>
/// Keccak-f[1600] on four states at once, a lane of each in a vector. In memory, lane i of state j stands at 4i + j. FIPS 202 §3.3.
/// </summary>
internal static class KeccakFour
{
    public const int States = 4;
    public const int Words = States * Keccak.Lanes;

    public static void Permute(Span<ulong> states)
    {
        ref ulong lanes = ref MemoryMarshal.GetReference(states[..Words]);
        Vector256<ulong> a0 = Vector256.LoadUnsafe(ref lanes, 0);
        Vector256<ulong> a1 = Vector256.LoadUnsafe(ref lanes, 4);
        Vector256<ulong> a2 = Vector256.LoadUnsafe(ref lanes, 8);
        Vector256<ulong> a3 = Vector256.LoadUnsafe(ref lanes, 12);
        Vector256<ulong> a4 = Vector256.LoadUnsafe(ref lanes, 16);
        Vector256<ulong> a5 = Vector256.LoadUnsafe(ref lanes, 20);
        Vector256<ulong> a6 = Vector256.LoadUnsafe(ref lanes, 24);
        Vector256<ulong> a7 = Vector256.LoadUnsafe(ref lanes, 28);
        Vector256<ulong> a8 = Vector256.LoadUnsafe(ref lanes, 32);
        Vector256<ulong> a9 = Vector256.LoadUnsafe(ref lanes, 36);
        Vector256<ulong> a10 = Vector256.LoadUnsafe(ref lanes, 40);
        Vector256<ulong> a11 = Vector256.LoadUnsafe(ref lanes, 44);
        Vector256<ulong> a12 = Vector256.LoadUnsafe(ref lanes, 48);
        Vector256<ulong> a13 = Vector256.LoadUnsafe(ref lanes, 52);
        Vector256<ulong> a14 = Vector256.LoadUnsafe(ref lanes, 56);
        Vector256<ulong> a15 = Vector256.LoadUnsafe(ref lanes, 60);
        Vector256<ulong> a16 = Vector256.LoadUnsafe(ref lanes, 64);
        Vector256<ulong> a17 = Vector256.LoadUnsafe(ref lanes, 68);
        Vector256<ulong> a18 = Vector256.LoadUnsafe(ref lanes, 72);
        Vector256<ulong> a19 = Vector256.LoadUnsafe(ref lanes, 76);
        Vector256<ulong> a20 = Vector256.LoadUnsafe(ref lanes, 80);
        Vector256<ulong> a21 = Vector256.LoadUnsafe(ref lanes, 84);
        Vector256<ulong> a22 = Vector256.LoadUnsafe(ref lanes, 88);
        Vector256<ulong> a23 = Vector256.LoadUnsafe(ref lanes, 92);
        Vector256<ulong> a24 = Vector256.LoadUnsafe(ref lanes, 96);
        Vector256<ulong> b0, b1, b2, b3, b4;
        Vector256<ulong> c0, c1, c2, c3, c4;
        Vector256<ulong> d0, d1, d2, d3, d4;
        Vector256<ulong> e0, e1, e2, e3, e4;
        Vector256<ulong> e5, e6, e7, e8, e9;
        Vector256<ulong> e10, e11, e12, e13, e14;
        Vector256<ulong> e15, e16, e17, e18, e19;
        Vector256<ulong> e20, e21, e22, e23, e24;
        for (int i = 0; i < Keccak.Rounds; i += 2)
        {
            c0 = XorOfFive(a0, a5, a10, a15, a20);
            c1 = XorOfFive(a1, a6, a11, a16, a21);
            c2 = XorOfFive(a2, a7, a12, a17, a22);
            c3 = XorOfFive(a3, a8, a13, a18, a23);
            c4 = XorOfFive(a4, a9, a14, a19, a24);
            d0 = c4 ^ RotateLeft(c1, 1);
            d1 = c0 ^ RotateLeft(c2, 1);
            d2 = c1 ^ RotateLeft(c3, 1);
            d3 = c2 ^ RotateLeft(c4, 1);
            d4 = c3 ^ RotateLeft(c0, 1);

            b0 = a0 ^ d0;
            b1 = RotateLeft(a6 ^ d1, 44);
            b2 = RotateLeft(a12 ^ d2, 43);
            b3 = RotateLeft(a18 ^ d3, 21);
            b4 = RotateLeft(a24 ^ d4, 14);
            e0 = Chi(b0, b1, b2) ^ Vector256.Create(Keccak.RoundConstants[i]);
            e1 = Chi(b1, b2, b3);
            e2 = Chi(b2, b3, b4);
            e3 = Chi(b3, b4, b0);
            e4 = Chi(b4, b0, b1);

            b0 = RotateLeft(a3 ^ d3, 28);
            b1 = RotateLeft(a9 ^ d4, 20);
            b2 = RotateLeft(a10 ^ d0, 3);
            b3 = RotateLeft(a16 ^ d1, 45);
            b4 = RotateLeft(a22 ^ d2, 61);
            e5 = Chi(b0, b1, b2);
            e6 = Chi(b1, b2, b3);
            e7 = Chi(b2, b3, b4);
            e8 = Chi(b3, b4, b0);
            e9 = Chi(b4, b0, b1);

            b0 = RotateLeft(a1 ^ d1, 1);
            b1 = RotateLeft(a7 ^ d2, 6);
            b2 = RotateLeft(a13 ^ d3, 25);
            b3 = RotateLeft(a19 ^ d4, 8);
            b4 = RotateLeft(a20 ^ d0, 18);
            e10 = Chi(b0, b1, b2);
            e11 = Chi(b1, b2, b3);
            e12 = Chi(b2, b3, b4);
            e13 = Chi(b3, b4, b0);
            e14 = Chi(b4, b0, b1);

            b0 = RotateLeft(a4 ^ d4, 27);
            b1 = RotateLeft(a5 ^ d0, 36);
            b2 = RotateLeft(a11 ^ d1, 10);
            b3 = RotateLeft(a17 ^ d2, 15);
            b4 = RotateLeft(a23 ^ d3, 56);
            e15 = Chi(b0, b1, b2);
            e16 = Chi(b1, b2, b3);
            e17 = Chi(b2, b3, b4);
            e18 = Chi(b3, b4, b0);
            e19 = Chi(b4, b0, b1);

            b0 = RotateLeft(a2 ^ d2, 62);
            b1 = RotateLeft(a8 ^ d3, 55);
            b2 = RotateLeft(a14 ^ d4, 39);
            b3 = RotateLeft(a15 ^ d0, 41);
            b4 = RotateLeft(a21 ^ d1, 2);
            e20 = Chi(b0, b1, b2);
            e21 = Chi(b1, b2, b3);
            e22 = Chi(b2, b3, b4);
            e23 = Chi(b3, b4, b0);
            e24 = Chi(b4, b0, b1);

            c0 = XorOfFive(e0, e5, e10, e15, e20);
            c1 = XorOfFive(e1, e6, e11, e16, e21);
            c2 = XorOfFive(e2, e7, e12, e17, e22);
            c3 = XorOfFive(e3, e8, e13, e18, e23);
            c4 = XorOfFive(e4, e9, e14, e19, e24);
            d0 = c4 ^ RotateLeft(c1, 1);
            d1 = c0 ^ RotateLeft(c2, 1);
            d2 = c1 ^ RotateLeft(c3, 1);
            d3 = c2 ^ RotateLeft(c4, 1);
            d4 = c3 ^ RotateLeft(c0, 1);

            b0 = e0 ^ d0;
            b1 = RotateLeft(e6 ^ d1, 44);
            b2 = RotateLeft(e12 ^ d2, 43);
            b3 = RotateLeft(e18 ^ d3, 21);
            b4 = RotateLeft(e24 ^ d4, 14);
            a0 = Chi(b0, b1, b2) ^ Vector256.Create(Keccak.RoundConstants[i + 1]);
            a1 = Chi(b1, b2, b3);
            a2 = Chi(b2, b3, b4);
            a3 = Chi(b3, b4, b0);
            a4 = Chi(b4, b0, b1);

            b0 = RotateLeft(e3 ^ d3, 28);
            b1 = RotateLeft(e9 ^ d4, 20);
            b2 = RotateLeft(e10 ^ d0, 3);
            b3 = RotateLeft(e16 ^ d1, 45);
            b4 = RotateLeft(e22 ^ d2, 61);
            a5 = Chi(b0, b1, b2);
            a6 = Chi(b1, b2, b3);
            a7 = Chi(b2, b3, b4);
            a8 = Chi(b3, b4, b0);
            a9 = Chi(b4, b0, b1);

            b0 = RotateLeft(e1 ^ d1, 1);
            b1 = RotateLeft(e7 ^ d2, 6);
            b2 = RotateLeft(e13 ^ d3, 25);
            b3 = RotateLeft(e19 ^ d4, 8);
            b4 = RotateLeft(e20 ^ d0, 18);
            a10 = Chi(b0, b1, b2);
            a11 = Chi(b1, b2, b3);
            a12 = Chi(b2, b3, b4);
            a13 = Chi(b3, b4, b0);
            a14 = Chi(b4, b0, b1);

            b0 = RotateLeft(e4 ^ d4, 27);
            b1 = RotateLeft(e5 ^ d0, 36);
            b2 = RotateLeft(e11 ^ d1, 10);
            b3 = RotateLeft(e17 ^ d2, 15);
            b4 = RotateLeft(e23 ^ d3, 56);
            a15 = Chi(b0, b1, b2);
            a16 = Chi(b1, b2, b3);
            a17 = Chi(b2, b3, b4);
            a18 = Chi(b3, b4, b0);
            a19 = Chi(b4, b0, b1);

            b0 = RotateLeft(e2 ^ d2, 62);
            b1 = RotateLeft(e8 ^ d3, 55);
            b2 = RotateLeft(e14 ^ d4, 39);
            b3 = RotateLeft(e15 ^ d0, 41);
            b4 = RotateLeft(e21 ^ d1, 2);
            a20 = Chi(b0, b1, b2);
            a21 = Chi(b1, b2, b3);
            a22 = Chi(b2, b3, b4);
            a23 = Chi(b3, b4, b0);
            a24 = Chi(b4, b0, b1);
        }

        a0.StoreUnsafe(ref lanes, 0);
        a1.StoreUnsafe(ref lanes, 4);
        a2.StoreUnsafe(ref lanes, 8);
        a3.StoreUnsafe(ref lanes, 12);
        a4.StoreUnsafe(ref lanes, 16);
        a5.StoreUnsafe(ref lanes, 20);
        a6.StoreUnsafe(ref lanes, 24);
        a7.StoreUnsafe(ref lanes, 28);
        a8.StoreUnsafe(ref lanes, 32);
        a9.StoreUnsafe(ref lanes, 36);
        a10.StoreUnsafe(ref lanes, 40);
        a11.StoreUnsafe(ref lanes, 44);
        a12.StoreUnsafe(ref lanes, 48);
        a13.StoreUnsafe(ref lanes, 52);
        a14.StoreUnsafe(ref lanes, 56);
        a15.StoreUnsafe(ref lanes, 60);
        a16.StoreUnsafe(ref lanes, 64);
        a17.StoreUnsafe(ref lanes, 68);
        a18.StoreUnsafe(ref lanes, 72);
        a19.StoreUnsafe(ref lanes, 76);
        a20.StoreUnsafe(ref lanes, 80);
        a21.StoreUnsafe(ref lanes, 84);
        a22.StoreUnsafe(ref lanes, 88);
        a23.StoreUnsafe(ref lanes, 92);
        a24.StoreUnsafe(ref lanes, 96);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> RotateLeft(Vector256<ulong> value, [ConstantExpected] byte count) => Avx512F.VL.IsSupported
        ? Avx512F.VL.RotateLeft(value, count)
        : (value << count) | (value >>> (64 - count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> XorOfFive(
        Vector256<ulong> a, Vector256<ulong> b, Vector256<ulong> c, Vector256<ulong> d, Vector256<ulong> e) => Avx512F.VL.IsSupported
        ? Avx512F.VL.TernaryLogic(Avx512F.VL.TernaryLogic(a, b, c, 0x96), d, e, 0x96)
        : a ^ b ^ c ^ d ^ e;

    // a ^ (~b & c)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Chi(Vector256<ulong> a, Vector256<ulong> b, Vector256<ulong> c) => Avx512F.VL.IsSupported
        ? Avx512F.VL.TernaryLogic(a, b, c, 0xD2)
        : a ^ Avx2.AndNot(b, c);
}
