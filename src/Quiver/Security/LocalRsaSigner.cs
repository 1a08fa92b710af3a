using System.Security.Cryptography;
using Quiver.Protocol.Tls;

namespace Quiver.Security;

internal sealed class LocalRsaSigner(RSA key) : ITlsSigner
{
    public IReadOnlyList<SignatureScheme> Schemes { get; } =
        [SignatureScheme.RsaPssRsaeSha256, SignatureScheme.RsaPssRsaeSha384, SignatureScheme.RsaPssRsaeSha512];

    public byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> content)
    {
        HashAlgorithmName hash = scheme switch
        {
            SignatureScheme.RsaPssRsaeSha256 => HashAlgorithmName.SHA256,
            SignatureScheme.RsaPssRsaeSha384 => HashAlgorithmName.SHA384,
            _ => HashAlgorithmName.SHA512,
        };
        lock (key)
        {
            return key.SignData(content.ToArray(), hash, RSASignaturePadding.Pss);
        }
    }
}
