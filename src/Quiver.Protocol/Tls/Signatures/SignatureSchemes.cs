using System.Security.Cryptography;

namespace Quiver.Protocol.Tls.Signatures;

/// <summary>What we accept of signatures. RFC 9846 §4.3.3.</summary>
internal static class SignatureSchemes
{
    /// <summary>Sent as signature_algorithms. Those of PKCS #1 serve for certificates only.</summary>
    public static IReadOnlyList<SignatureScheme> Accepted { get; } =
    [
        SignatureScheme.EcdsaSecp256r1Sha256,
        SignatureScheme.RsaPssRsaeSha256,
        SignatureScheme.EcdsaSecp384r1Sha384,
        SignatureScheme.RsaPssRsaeSha384,
        SignatureScheme.RsaPssRsaeSha512,
        SignatureScheme.Ed25519,
        SignatureScheme.RsaPkcs1Sha256,
        SignatureScheme.RsaPkcs1Sha384,
        SignatureScheme.RsaPkcs1Sha512,
    ];

    /// <summary>Whether CertificateVerify may use it: PKCS #1 v1.5 may not. RFC 9846 §4.3.3.</summary>
    public static bool IsForHandshake(SignatureScheme scheme) => scheme
        is SignatureScheme.EcdsaSecp256r1Sha256 or SignatureScheme.EcdsaSecp384r1Sha384 or SignatureScheme.Ed25519
        or SignatureScheme.RsaPssRsaeSha256 or SignatureScheme.RsaPssRsaeSha384 or SignatureScheme.RsaPssRsaeSha512;

    /// <summary>The hash of a scheme that has one.</summary>
    public static HashAlgorithmName HashOf(SignatureScheme scheme) => scheme switch
    {
        SignatureScheme.EcdsaSecp256r1Sha256 or SignatureScheme.RsaPssRsaeSha256 => HashAlgorithmName.SHA256,
        SignatureScheme.EcdsaSecp384r1Sha384 or SignatureScheme.RsaPssRsaeSha384 => HashAlgorithmName.SHA384,
        SignatureScheme.RsaPssRsaeSha512 => HashAlgorithmName.SHA512,
        _ => throw new ArgumentOutOfRangeException(nameof(scheme)),
    };
}
