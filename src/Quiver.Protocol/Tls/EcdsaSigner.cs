using System.Security.Cryptography;
using Quiver.Protocol.Tls.Signatures;

namespace Quiver.Protocol.Tls;

/// <summary>Signs with a key on P-256 or P-384; the curve fixes the hash. Does not own the key. RFC 9846 §4.3.3.</summary>
internal sealed class EcdsaSigner(ECDsa key) : ITlsSigner
{
    public IReadOnlyList<SignatureScheme> Schemes { get; } = key.KeySize switch
    {
        256 => [SignatureScheme.EcdsaSecp256r1Sha256],
        384 => [SignatureScheme.EcdsaSecp384r1Sha384],
        _ => throw new ArgumentException($"TLS signs with P-256 and P-384, not with an ECDSA key of {key.KeySize} bits.", nameof(key)),
    };

    public byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> content) =>
        key.SignData(content, SignatureSchemes.HashOf(scheme), DSASignatureFormat.Rfc3279DerSequence);
}
