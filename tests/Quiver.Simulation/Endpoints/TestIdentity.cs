using System.Security.Cryptography;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;
using Quiver.Protocol.Tls;

namespace Quiver.Simulation.Endpoints;

/// <summary>A certificate for localhost and its key, made once, with signatures that do not depend on chance: runs replay exactly.</summary>
internal sealed class TestIdentity : ITlsSigner
{
    private const string Key = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcFpn96awNB09cM4OtqJrMQ+drH2k/UWCB3Vlr85nBnGhRANCAATUnxifek+fWwzhX53ec4sLMp2IbZiPPBZuAdHr1ZK0MIBPgDlCYAHZX9AI6wpEHlYGcCTRMTtky7Xm8uyfe7gu";

    private const string Certificate = "MIIBlDCCATugAwIBAgIUfzyH6yuat4I3o5DIcr2iMmzgpEkwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzA2NDA1NloYDzIxMjYxMDMwMDY0MDU2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATUnxifek+fWwzhX53ec4sLMp2IbZiPPBZuAdHr1ZK0MIBPgDlCYAHZX9AI6wpEHlYGcCTRMTtky7Xm8uyfe7guo2kwZzAdBgNVHQ4EFgQUzpRyt/EalCtl+niQZ0zuhXzFfJwwHwYDVR0jBBgwFoAUzpRyt/EalCtl+niQZ0zuhXzFfJwwDwYDVR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwIDRwAwRAIgbY7wQAdthfKaHxDhT+0mqIBga9+O8vRjE54whUbx+sICICXD9kE/xpmNOVg/+PZ9YRI2pp72U/TUlyDLZxrD8NHL";

    private readonly ECPrivateKeyParameters _key;

    private TestIdentity()
    {
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(Convert.FromBase64String(Key), out _);
        X9ECParameters curve = ECNamedCurveTable.GetByName("P-256");
        _key = new ECPrivateKeyParameters(new BigInteger(1, key.ExportParameters(true).D), new ECDomainParameters(curve));
    }

    /// <summary>The certificate alone.</summary>
    public static TlsCertificate Short { get; } = new([Convert.FromBase64String(Certificate)], new TestIdentity());

    /// <summary>A chain of some 12 KB, which no server can send before the client's address is validated.</summary>
    public static TlsCertificate Long { get; } = new([.. Enumerable.Repeat<ReadOnlyMemory<byte>>(Convert.FromBase64String(Certificate), 30)], Short.Signer);

    public IReadOnlyList<SignatureScheme> Schemes { get; } = [SignatureScheme.EcdsaSecp256r1Sha256];

    public byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> content)
    {
        var signer = new ECDsaSigner(new HMacDsaKCalculator(new Org.BouncyCastle.Crypto.Digests.Sha256Digest()));
        signer.Init(true, _key);
        BigInteger[] rs = signer.GenerateSignature(SHA256.HashData(content));
        return StandardDsaEncoding.Instance.Encode(_key.Parameters.N, rs[0], rs[1]);
    }
}
