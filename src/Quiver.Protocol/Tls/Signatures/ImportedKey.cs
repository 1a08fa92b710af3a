using System.Security.Cryptography;
using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Tls.Signatures;

/// <summary>A peer's public key, ready to verify with. Used by one handshake at a time.</summary>
internal sealed class ImportedKey : IMadeFromContent
{
    /// <summary>Go's limit too: verification with a larger modulus costs more than a peer may ask of us.</summary>
    private const int MaxRsaBits = 8192;

    private readonly byte[] _info;
    private readonly AsymmetricAlgorithm _key;

    public ImportedKey(ReadOnlySpan<byte> subjectPublicKeyInfo, bool isRsa)
    {
        _info = subjectPublicKeyInfo.ToArray();
        _key = isRsa ? RSA.Create() : ECDsa.Create();
        _key.ImportSubjectPublicKeyInfo(_info, out _);
        if (isRsa && _key.KeySize > MaxRsaBits)
        {
            TransportException.ThrowAlert(
                TlsAlert.BadCertificate, $"TLS: the peer's RSA key has {_key.KeySize} bits; at most {MaxRsaBits} are accepted");
        }
    }

    public bool Is(ReadOnlySpan<byte> content) => content.SequenceEqual(_info);

    /// <summary>Verifies by ECDSA or, with the salt as long as the hash (which is .NET's meaning), by RSASSA-PSS.
    /// RFC 9846 §4.3.3.</summary>
    public bool Verify(ReadOnlySpan<byte> content, ReadOnlySpan<byte> signature, HashAlgorithmName hash) => _key switch
    {
        ECDsa ecdsa => ecdsa.VerifyData(content, signature, hash, DSASignatureFormat.Rfc3279DerSequence),
        RSA rsa => rsa.VerifyData(content, signature, hash, RSASignaturePadding.Pss),
        _ => false,
    };

    public void Dispose() => _key.Dispose();
}
