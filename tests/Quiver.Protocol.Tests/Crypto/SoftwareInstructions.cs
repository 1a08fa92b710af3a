using System.Runtime.Intrinsics;
using Quiver.Protocol.Crypto.AesGcm;

namespace Quiver.Protocol.Tests.Crypto;

/// <summary>The instructions in plain C#, slow: proves the algorithm apart from any processor, so also what runs on Arm.</summary>
internal readonly struct SoftwareInstructions : IGcmInstructions
{
    public static bool IsSupported => true;

    public static Vector128<byte> Round(Vector128<byte> state, Vector128<byte> key) => MixColumns(SubstituteAndShift(state)) ^ key;

    public static Vector128<byte> FinalRound(Vector128<byte> state, Vector128<byte> key) => SubstituteAndShift(state) ^ key;

    public static Vector128<ulong> MultiplyLower(Vector128<ulong> a, Vector128<ulong> b) => Multiply(a[0], b[0]);

    public static Vector128<ulong> MultiplyUpper(Vector128<ulong> a, Vector128<ulong> b) => Multiply(a[1], b[1]);

    public static Vector128<byte> Shuffle(Vector128<byte> value, Vector128<byte> indices) => Vector128.Shuffle(value, indices);

    private static Vector128<ulong> Multiply(ulong a, ulong b)
    {
        UInt128 product = 0;
        for (int i = 0; i < 64; i++)
        {
            product ^= ((b >> i) & 1) == 0 ? 0 : (UInt128)a << i;
        }

        return Vector128.Create((ulong)product, (ulong)(product >> 64));
    }

    private static Vector128<byte> SubstituteAndShift(Vector128<byte> state)
    {
        Vector128<byte> result = default;
        for (int i = 0; i < 16; i++)
        {
            int source = ((i / 4 * 4) + (5 * (i % 4))) % 16;
            result = result.WithElement(i, Substitute(state[source]));
        }

        return result;
    }

    private static Vector128<byte> MixColumns(Vector128<byte> state)
    {
        Vector128<byte> result = default;
        for (int i = 0; i < 16; i++)
        {
            int column = i / 4 * 4;
            byte Row(int row) => state[column + ((i + row) % 4)];
            result = result.WithElement(i, (byte)(FieldMultiply(2, Row(0)) ^ FieldMultiply(3, Row(1)) ^ Row(2) ^ Row(3)));
        }

        return result;
    }

    private static byte Substitute(byte value)
    {
        // The inverse in GF(2^8) is the power 254.
        byte inverse = 1;
        for (int i = 0; i < 254; i++)
        {
            inverse = FieldMultiply(inverse, value);
        }

        int x = inverse;
        int spread = x ^ (x << 1) ^ (x << 2) ^ (x << 3) ^ (x << 4);
        return (byte)((spread ^ (spread >> 8)) ^ 0x63);
    }

    private static byte FieldMultiply(byte a, byte b)
    {
        int product = 0;
        for (int i = 7; i >= 0; i--)
        {
            product = (product << 1) ^ ((product >> 7) * 0x11B) ^ (((b >> i) & 1) * a);
        }

        return (byte)product;
    }
}
