namespace Quiver.Protocol.Crypto.MLKem;

/// <summary>A key pair of ML-KEM-768. FIPS 203 §7.</summary>
internal interface IMLKemKeyPair : IDisposable
{
    ReadOnlySpan<byte> EncapsulationKey { get; }

    /// <summary>A ciphertext that is wrong gives a secret that the peer does not have. FIPS 203 §7.3.</summary>
    void Decapsulate(ReadOnlySpan<byte> ciphertext, Span<byte> secret);
}
