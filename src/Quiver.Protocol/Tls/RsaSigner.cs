using System.Security.Cryptography;
using Quiver.Protocol.Tls.Signatures;

namespace Quiver.Protocol.Tls;

/// <summary>Signs with an RSA key, by RSASSA-PSS. Does not own the key. Safe for use by many handshakes if the key is.</summary>
internal sealed class RsaSigner(RSA key) : ITlsSigner
{
    public IReadOnlyList<SignatureScheme> Schemes { get; } =
        [SignatureScheme.RsaPssRsaeSha256, SignatureScheme.RsaPssRsaeSha384, SignatureScheme.RsaPssRsaeSha512];

    public byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> content) =>
        key.SignData(content.ToArray(), SignatureSchemes.HashOf(scheme), RSASignaturePadding.Pss);
}
