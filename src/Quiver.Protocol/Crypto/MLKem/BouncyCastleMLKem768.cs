using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Kems;
using Org.BouncyCastle.Crypto.Parameters;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Crypto.MLKem;

/// <summary>ML-KEM-768 by BouncyCastle, for processors without AVX2.</summary>
internal sealed class BouncyCastleMLKem768 : IMLKemKeyPair
{
    /// <summary>The two random values of key generation, d and z.</summary>
    private const int SeedLength = 64;

    private readonly MLKemPrivateKeyParameters _privateKey;
    private readonly byte[] _encapsulationKey;

    public BouncyCastleMLKem768(IRandomSource random)
    {
        byte[] seed = new byte[SeedLength];
        random.Fill(seed);
        _privateKey = MLKemPrivateKeyParameters.FromSeed(MLKemParameters.ml_kem_768, seed);
        _encapsulationKey = _privateKey.GetPublicKeyEncoded();
        CryptographicOperations.ZeroMemory(seed);
    }

    public ReadOnlySpan<byte> EncapsulationKey => _encapsulationKey;

    /// <summary>False when the key fails the modulus check. FIPS 203 §7.2.</summary>
    public static bool TryEncapsulate(
        ReadOnlySpan<byte> encapsulationKey, IRandomSource random, Span<byte> ciphertext, Span<byte> secret)
    {
        MLKemPublicKeyParameters publicKey;
        try
        {
            publicKey = MLKemPublicKeyParameters.FromEncoding(MLKemParameters.ml_kem_768, encapsulationKey.ToArray());
        }
        catch (ArgumentException)
        {
            return false;
        }

        MLKemEncapsulator encapsulator = new(MLKemParameters.ml_kem_768);
        encapsulator.Init(new ParametersWithRandom(publicKey, new SourcedSecureRandom(random)));
        encapsulator.Encapsulate(ciphertext, secret);
        return true;
    }

    public void Decapsulate(ReadOnlySpan<byte> ciphertext, Span<byte> secret)
    {
        MLKemDecapsulator decapsulator = new(MLKemParameters.ml_kem_768);
        decapsulator.Init(_privateKey);
        decapsulator.Decapsulate(ciphertext, secret);
    }

    public void Dispose()
    {
        // BouncyCastle keeps the private key in arrays that it does not show; they go with the object.
    }
}
