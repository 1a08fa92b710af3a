using Quiver.Protocol.Crypto.AesGcm;
using Quiver.Protocol.Crypto.ChaCha20;

namespace Quiver.Protocol.Crypto;

/// <summary>Chooses the class that computes a suite's AEAD and header protection on this machine.</summary>
internal static class Aeads
{
    public static int KeyLength(CipherSuite suite) => suite == CipherSuite.Aes128GcmSha256 ? 16 : 32;

    /// <summary>Length of the hash of the suite, and so of its secrets.</summary>
    public static int HashLength(CipherSuite suite) => suite == CipherSuite.Aes256GcmSha384 ? 48 : 32;

    public static IAead Create(CipherSuite suite, ReadOnlySpan<byte> key, AeadImplementation implementation = AeadImplementation.Best) =>
        suite == CipherSuite.ChaCha20Poly1305Sha256 ? new ChaCha20Poly1305Bcl(key) : new AesGcmBcl(key);

    public static IHeaderProtection CreateHeaderProtection(
        CipherSuite suite, ReadOnlySpan<byte> key, AeadImplementation implementation = AeadImplementation.Best) =>
        suite == CipherSuite.ChaCha20Poly1305Sha256 ? new ChaCha20HeaderProtection(key) : new AesHeaderProtectionBcl(key);
}
