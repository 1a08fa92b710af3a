using System.Security.Cryptography;

namespace Quiver.Protocol.Crypto.MLKem;

/// <summary>K-PKE, the encryption within ML-KEM, with the parameters of ML-KEM-768: k = 3, η = 2, dᵤ = 10, dᵥ = 4. FIPS 203 §5.</summary>
internal static class PublicKeyEncryption
{
    public const int KeyLength = (Rank * PolynomialEncoding.EncodedLength) + PolynomialSampling.SeedLength;
    public const int CiphertextLength = (Rank * PolynomialCompression.TenBitLength) + PolynomialCompression.FourBitLength;

    private const int Rank = KeyPolynomials.Rank;
    private const int Length = NumberTheoreticTransform.Length;
    private const int FirstPart = Rank * PolynomialCompression.TenBitLength;

    /// <summary>Algorithm 13, from d.</summary>
    public static void GenerateKey(ReadOnlySpan<byte> seed, KeyPolynomials key, Span<byte> encoded, Scratch scratch)
    {
        Span<byte> seeds = stackalloc byte[2 * PolynomialSampling.SeedLength];
        Sponge.G(seed, [Rank], seeds);
        ReadOnlySpan<byte> matrixSeed = seeds[..PolynomialSampling.SeedLength];
        ReadOnlySpan<byte> noiseSeed = seeds[PolynomialSampling.SeedLength..];
        PolynomialSampling.Matrix(matrixSeed, key.Matrix, scratch.States, scratch.Stream);
        SampleNoise(noiseSeed, scratch);

        Span<short> noise = scratch.Noise[..(2 * Rank * Length)];
        for (int i = 0; i < 2 * Rank; i++)
        {
            NumberTheoreticTransform.Forward(noise.Slice(i * Length, Length));
        }

        noise[..(Rank * Length)].CopyTo(key.Secret);
        PrepareThree(key.Secret, scratch.Prepared);
        for (int i = 0; i < Rank; i++)
        {
            Span<short> row = key.Public.Slice(i * Length, Length);
            PolynomialProducts.Sum(key.Matrix[(i * Rank * Length)..], Length, scratch.Prepared, row);
            PolynomialProducts.AddCanonical(row, noise.Slice((Rank + i) * Length, Length));
            PolynomialEncoding.Encode(row, encoded[(i * PolynomialEncoding.EncodedLength)..]);
        }

        matrixSeed.CopyTo(encoded[(Rank * PolynomialEncoding.EncodedLength)..]);
        CryptographicOperations.ZeroMemory(seeds);
    }

    /// <summary>Reads t̂ and expands Â. False when a coefficient is not below q. FIPS 203 §7.2.</summary>
    public static bool TryReadKey(ReadOnlySpan<byte> encoded, KeyPolynomials key, Scratch scratch)
    {
        for (int i = 0; i < Rank; i++)
        {
            if (!PolynomialEncoding.TryDecode(encoded[(i * PolynomialEncoding.EncodedLength)..], key.Public.Slice(i * Length, Length)))
            {
                return false;
            }
        }

        PolynomialSampling.Matrix(encoded[(Rank * PolynomialEncoding.EncodedLength)..], key.Matrix, scratch.States, scratch.Stream);
        return true;
    }

    /// <summary>Algorithm 14.</summary>
    public static void Encrypt(
        KeyPolynomials key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> coins, Span<byte> ciphertext, Scratch scratch)
    {
        SampleNoise(coins, scratch);
        Span<short> noise = scratch.Noise;
        Span<short> products = scratch.Products;
        for (int i = 0; i < Rank; i++)
        {
            NumberTheoreticTransform.Forward(noise.Slice(i * Length, Length));
        }

        PrepareThree(noise, scratch.Prepared);
        for (int i = 0; i < Rank; i++)
        {
            // The transposed matrix: down a column.
            Span<short> u = products.Slice(i * Length, Length);
            PolynomialProducts.Sum(key.Matrix[(i * Length)..], Rank * Length, scratch.Prepared, u);
            NumberTheoreticTransform.Inverse(u);
            PolynomialProducts.AddCanonical(u, noise.Slice((Rank + i) * Length, Length));
            PolynomialCompression.EncodeTen(u, ciphertext[(i * PolynomialCompression.TenBitLength)..]);
        }

        Span<short> v = products.Slice(Rank * Length, Length);
        PolynomialProducts.Sum(key.Public, Length, scratch.Prepared, v);
        NumberTheoreticTransform.Inverse(v);
        PolynomialEncoding.AddMessage(message, v);
        PolynomialProducts.AddCanonical(v, noise.Slice(2 * Rank * Length, Length));
        PolynomialCompression.EncodeFour(v, ciphertext[FirstPart..]);
    }

    /// <summary>Algorithm 15.</summary>
    public static void Decrypt(KeyPolynomials key, ReadOnlySpan<byte> ciphertext, Span<byte> message, Scratch scratch)
    {
        Span<short> u = scratch.Noise[..(Rank * Length)];
        for (int i = 0; i < Rank; i++)
        {
            Span<short> polynomial = u.Slice(i * Length, Length);
            PolynomialCompression.DecodeTen(ciphertext[(i * PolynomialCompression.TenBitLength)..], polynomial);
            NumberTheoreticTransform.Forward(polynomial);
        }

        Span<short> v = scratch.Products[..Length];
        Span<short> w = scratch.Products.Slice(Length, Length);
        PrepareThree(u, scratch.Prepared);
        PolynomialProducts.Sum(key.Secret, Length, scratch.Prepared, w);
        NumberTheoreticTransform.Inverse(w);
        PolynomialCompression.DecodeFour(ciphertext[FirstPart..], v);
        PolynomialProducts.SubtractCanonical(v, w);
        PolynomialEncoding.ReadMessage(w, message);
    }

    // More polynomials than are used: the hashes come in fours.
    private static void SampleNoise(ReadOnlySpan<byte> seed, Scratch scratch)
    {
        PolynomialSampling.Noise(seed, 0, scratch.Noise, scratch.States, scratch.Stream);
        PolynomialSampling.Noise(
            seed, KeccakFour.States, scratch.Noise[(KeccakFour.States * Length)..], scratch.States, scratch.Stream);
    }

    private static void PrepareThree(ReadOnlySpan<short> polynomials, Span<short> prepared)
    {
        for (int i = 0; i < Rank; i++)
        {
            PolynomialProducts.Prepare(
                polynomials.Slice(i * Length, Length),
                prepared.Slice(i * PolynomialProducts.PreparedLength, PolynomialProducts.PreparedLength));
        }
    }
}
