using System.Runtime.Intrinsics.X86;
using Quiver.Protocol.Crypto.MLKem;

namespace Quiver.Protocol.Tests.Crypto;

/// <summary>The vector code against the definitions of FIPS 203.</summary>
public sealed class MLKemPolynomialTests
{
    private const int Modulus = 3329;
    private const int Length = 256;

    [Fact]
    public void Transform_and_inverse_give_the_polynomial_back()
    {
        Assert.SkipUnless(Avx2.IsSupported, "The processor has no AVX2.");
        Random random = new(203);
        for (int round = 0; round < 2000; round++)
        {
            // The extremes that the transforms allow, too.
            short[] before = [.. Enumerable.Range(0, Length).Select(_ => (short)(round switch
            {
                0 => Modulus,
                1 => -Modulus,
                2 => random.Next(2) == 0 ? Modulus : -Modulus,
                _ => random.Next(-Modulus, Modulus + 1),
            }))];
            short[] after = [.. before];
            NumberTheoreticTransform.Forward(after);
            Assert.All(after, value => Assert.InRange(value, 0, Modulus));
            NumberTheoreticTransform.Inverse(after);
            Assert.All(after, value => Assert.InRange(value, -Modulus, Modulus));
            Assert.Equal(before.Select(Residue), after.Select(Residue));
        }
    }

    [Fact]
    public void Products_are_those_of_the_ring()
    {
        Assert.SkipUnless(Avx2.IsSupported, "The processor has no AVX2.");
        Random random = new(3329);
        for (int round = 0; round < 50; round++)
        {
            short[] left = [.. Enumerable.Range(0, 3 * Length).Select(_ => (short)(round == 0 ? Modulus : random.Next(Modulus)))];
            short[] right = [.. Enumerable.Range(0, 3 * Length).Select(_ => (short)(round == 0 ? Modulus : random.Next(Modulus)))];
            long[] expected = new long[Length];
            for (int i = 0; i < 3 * Length * Length; i++)
            {
                int polynomial = i / (Length * Length) * Length;
                int power = (i / Length % Length) + (i % Length);
                int product = left[polynomial + (i / Length % Length)] * right[polynomial + (i % Length)];
                expected[power % Length] += power < Length ? product : -product;
            }

            short[] prepared = new short[3 * PolynomialProducts.PreparedLength];
            short[] result = new short[Length];
            for (int i = 0; i < 3; i++)
            {
                NumberTheoreticTransform.Forward(left.AsSpan(i * Length, Length));
                NumberTheoreticTransform.Forward(right.AsSpan(i * Length, Length));
                PolynomialProducts.Prepare(right.AsSpan(i * Length, Length), prepared.AsSpan(i * PolynomialProducts.PreparedLength));
            }

            PolynomialProducts.Sum(left, Length, prepared, result);
            NumberTheoreticTransform.Inverse(result);
            Assert.Equal(expected.Select(value => (int)(((value % Modulus) + Modulus) % Modulus)), result.Select(Residue));
        }
    }

    [Fact]
    public void Every_value_is_rounded_as_the_definition_says()
    {
        Assert.SkipUnless(Avx2.IsSupported, "The processor has no AVX2.");
        short[] polynomial = new short[Length];
        short[] decoded = new short[Length];
        byte[] bytes = new byte[PolynomialEncoding.EncodedLength + PolynomialCompression.ReadBeyond];
        for (int start = 0; start < Modulus; start += Length)
        {
            for (int i = 0; i < Length; i++)
            {
                polynomial[i] = (short)((start + i) % Modulus);
            }

            PolynomialEncoding.Encode(polynomial, bytes);
            Assert.Equal(polynomial.Select(value => (int)value), Unpack(bytes, 12));
            Assert.True(PolynomialEncoding.TryDecode(bytes, decoded));
            Assert.Equal(polynomial, decoded);
            PolynomialCompression.EncodeTen(polynomial, bytes);
            Assert.Equal(polynomial.Select(value => Compress(value, 10)), Unpack(bytes, 10));
            PolynomialCompression.DecodeTen(bytes, decoded);
            Assert.Equal(polynomial.Select(value => Decompress(Compress(value, 10), 10)), decoded.Select(value => (int)value));
            PolynomialCompression.EncodeFour(polynomial, bytes);
            Assert.Equal(polynomial.Select(value => Compress(value, 4)), Unpack(bytes, 4));
            PolynomialCompression.DecodeFour(bytes, decoded);
            Assert.Equal(polynomial.Select(value => Decompress(Compress(value, 4), 4)), decoded.Select(value => (int)value));
            PolynomialEncoding.ReadMessage(polynomial, bytes);
            Assert.Equal(polynomial.Select(value => Compress(value, 1)), Unpack(bytes, 1));
            Array.Clear(decoded);
            PolynomialEncoding.AddMessage(bytes, decoded);
            Assert.Equal(polynomial.Select(value => Decompress(Compress(value, 1), 1)), decoded.Select(value => (int)value));
        }
    }

    private static int Residue(short value) => ((value % Modulus) + Modulus) % Modulus;

    private static int Compress(short value, int bits) => ((value << (bits + 1)) + Modulus) / (2 * Modulus) % (1 << bits);

    private static int Decompress(int value, int bits) => ((value * Modulus) + (1 << (bits - 1))) >> bits;

    private static IEnumerable<int> Unpack(byte[] bytes, int bits) =>
        Enumerable.Range(0, Length).Select(i => Enumerable.Range(0, bits).Sum(bit =>
            ((bytes[((i * bits) + bit) / 8] >> (((i * bits) + bit) % 8)) & 1) << bit));
}
