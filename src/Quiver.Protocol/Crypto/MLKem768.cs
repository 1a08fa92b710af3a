using Quiver.Protocol.Crypto.MLKem;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Crypto;

/// <summary>
/// ML-KEM-768: a key pair, decapsulation with it, and encapsulation to a peer's key; by BouncyCastle where the processor lacks AVX2.
/// FIPS 203 §7.
/// </summary>
internal sealed class MLKem768 : IDisposable
{
    public const int EncapsulationKeyLength = 1184;
    public const int CiphertextLength = 1088;
    public const int SecretLength = 32;

    private readonly IMLKemKeyPair _pair;

    public MLKem768(IRandomSource random) =>
        _pair = VectorMLKem768.IsSupported ? new VectorMLKem768(random) : new BouncyCastleMLKem768(random);

    public ReadOnlySpan<byte> EncapsulationKey => _pair.EncapsulationKey;

    /// <summary>False when the key fails the modulus check. FIPS 203 §7.2.</summary>
    public static bool TryEncapsulate(
        ReadOnlySpan<byte> encapsulationKey, IRandomSource random, Span<byte> ciphertext, Span<byte> secret) => VectorMLKem768.IsSupported
        ? VectorMLKem768.TryEncapsulate(encapsulationKey, random, ciphertext, secret)
        : BouncyCastleMLKem768.TryEncapsulate(encapsulationKey, random, ciphertext, secret);

    /// <summary>A ciphertext that is wrong gives a secret that the peer does not have. FIPS 203 §7.3.</summary>
    public void Decapsulate(ReadOnlySpan<byte> ciphertext, Span<byte> secret) => _pair.Decapsulate(ciphertext, secret);

    public void Dispose() => _pair.Dispose();
}
