using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc8032;
using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Tls.Signatures;

/// <summary>Verifies handshake signatures. A scheme goes with one kind of key only. RFC 9846 §4.3.3, §4.5.2.</summary>
internal static class SignatureVerifier
{
    /// <summary>Keys kept, at a few kilobytes each.</summary>
    private const int CachedKeys = 64;

    /// <summary>
    /// To import a key costs more than to verify with it (P-256: 83 µs and 46 µs, RSA: 105 and 18), and clients meet the same servers
    /// again. A key is kept once it has verified a signature.
    /// </summary>
    private static readonly ContentCache<ImportedKey> s_keys = new(CachedKeys);

    // Object identifiers, encoded with tag and length.
    private static ReadOnlySpan<byte> RsaEncryption => [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];

    private static ReadOnlySpan<byte> EcPublicKey => [0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];

    private static ReadOnlySpan<byte> Secp256r1 => [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];

    private static ReadOnlySpan<byte> Secp384r1 => [0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22];

    private static ReadOnlySpan<byte> EdwardsCurve25519 => [0x06, 0x03, 0x2B, 0x65, 0x70];

    /// <summary>Throws unless the scheme fits the key and the signature is right.</summary>
    public static void Verify(
        CertificatePublicKey key, SignatureScheme scheme, ReadOnlySpan<byte> content, ReadOnlySpan<byte> signature)
    {
        // RFC 9846 §4.5.2.
        if (!Fits(key, scheme))
        {
            TransportException.ThrowAlert(TlsAlert.IllegalParameter, $"TLS: the peer's certificate has no key for {scheme}");
        }

        bool valid;
        try
        {
            valid = scheme == SignatureScheme.Ed25519
                ? VerifyEd25519(key, content, signature)
                : VerifyImported(key, scheme, content, signature);
        }
        catch (CryptographicException e)
        {
            TransportException.ThrowAlert(TlsAlert.BadCertificate, "TLS: the public key in the peer's certificate cannot be used", e);
            return;
        }

        // RFC 9846 §4.5.2.
        if (!valid)
        {
            TransportException.ThrowAlert(TlsAlert.DecryptError, $"TLS: the peer's CertificateVerify ({scheme}) is wrong");
        }
    }

    private static bool Fits(CertificatePublicKey key, SignatureScheme scheme) => scheme switch
    {
        SignatureScheme.EcdsaSecp256r1Sha256 =>
            key.Algorithm.SequenceEqual(EcPublicKey) && key.Parameters.SequenceEqual(Secp256r1),
        SignatureScheme.EcdsaSecp384r1Sha384 =>
            key.Algorithm.SequenceEqual(EcPublicKey) && key.Parameters.SequenceEqual(Secp384r1),
        SignatureScheme.RsaPssRsaeSha256 or SignatureScheme.RsaPssRsaeSha384 or SignatureScheme.RsaPssRsaeSha512 =>
            key.Algorithm.SequenceEqual(RsaEncryption),
        SignatureScheme.Ed25519 => key.Algorithm.SequenceEqual(EdwardsCurve25519),
        _ => false,
    };

    private static bool VerifyImported(
        CertificatePublicKey key, SignatureScheme scheme, ReadOnlySpan<byte> content, ReadOnlySpan<byte> signature)
    {
        ImportedKey imported = s_keys.Take(key.Info) ?? new ImportedKey(key.Info, isRsa: key.Algorithm.SequenceEqual(RsaEncryption));
        if (!imported.Verify(content, signature, SignatureSchemes.HashOf(scheme)))
        {
            imported.Dispose();
            return false;
        }

        s_keys.Return(key.Info, imported);
        return true;
    }

    private static bool VerifyEd25519(CertificatePublicKey key, ReadOnlySpan<byte> content, ReadOnlySpan<byte> signature) =>
        key.Key.Length == Ed25519.PublicKeySize
        && signature.Length == Ed25519.SignatureSize
        && Ed25519.Verify(signature.ToArray(), 0, key.Key.ToArray(), 0, content.ToArray(), 0, content.Length);
}
