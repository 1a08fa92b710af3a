using System.Security.Cryptography;
using Quiver.Protocol.Tls;

namespace Quiver.Security;

internal sealed class LocalEcdsaSigner(ECDsa key) : ITlsSigner
{
    public IReadOnlyList<SignatureScheme> Schemes { get; } =
        key.KeySize == 256 ? [SignatureScheme.EcdsaSecp256r1Sha256] : [SignatureScheme.EcdsaSecp384r1Sha384];

    public byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> content)
    {
        HashAlgorithmName hash = scheme == SignatureScheme.EcdsaSecp256r1Sha256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA384;
        lock (key)
        {
            return key.SignData(content.ToArray(), hash, DSASignatureFormat.Rfc3279DerSequence);
        }
    }
}
