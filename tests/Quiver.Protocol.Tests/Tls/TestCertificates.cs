using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto.Operators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.X509;
using Quiver.Protocol.Tls;

namespace Quiver.Protocol.Tests.Tls;

/// <summary>Self-signed certificates of every kind of key, made once.</summary>
internal static class TestCertificates
{
    private static readonly Lazy<TlsCertificate> s_p256 = new(() => Ecdsa(ECCurve.NamedCurves.nistP256, HashAlgorithmName.SHA256));
    private static readonly Lazy<TlsCertificate> s_p384 = new(() => Ecdsa(ECCurve.NamedCurves.nistP384, HashAlgorithmName.SHA384));
    private static readonly Lazy<TlsCertificate> s_rsa = new(Rsa);
    private static readonly Lazy<TlsCertificate> s_ed25519 = new(Ed25519);

    public static TlsCertificate P256 => s_p256.Value;

    public static TlsCertificate P384 => s_p384.Value;

    public static TlsCertificate Rsa2048 => s_rsa.Value;

    public static TlsCertificate EdDsa => s_ed25519.Value;

    public static TlsCertificate For(SignatureScheme scheme) => scheme switch
    {
        SignatureScheme.EcdsaSecp256r1Sha256 => P256,
        SignatureScheme.EcdsaSecp384r1Sha384 => P384,
        SignatureScheme.Ed25519 => EdDsa,
        _ => new TlsCertificate(Rsa2048.Chain, new OneScheme(Rsa2048.Signer, scheme)),
    };

    private static TlsCertificate Ecdsa(ECCurve curve, HashAlgorithmName hash)
    {
        ECDsa key = ECDsa.Create(curve);
        CertificateRequest request = new("CN=localhost", key, hash);
        return new TlsCertificate([SelfSign(request)], new EcdsaSigner(key));
    }

    private static TlsCertificate Rsa()
    {
        RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return new TlsCertificate([SelfSign(request)], new RsaSigner(key));
    }

    private static byte[] SelfSign(CertificateRequest request)
    {
        using X509Certificate2 certificate = request.CreateSelfSigned(new(2020, 1, 1, 0, 0, 0, default), new(2040, 1, 1, 0, 0, 0, default));
        return certificate.RawData;
    }

    private static TlsCertificate Ed25519()
    {
        Ed25519PrivateKeyParameters key = new(RandomNumberGenerator.GetBytes(Ed25519PrivateKeyParameters.KeySize));
        X509V3CertificateGenerator generator = new();
        generator.SetSerialNumber(BigInteger.One);
        generator.SetIssuerDN(new X509Name("CN=localhost"));
        generator.SetSubjectDN(new X509Name("CN=localhost"));
        generator.SetNotBefore(new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        generator.SetNotAfter(new DateTime(2040, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        generator.SetPublicKey(key.GeneratePublicKey());
        byte[] certificate = generator.Generate(new Asn1SignatureFactory("Ed25519", key)).GetEncoded();
        return new TlsCertificate([certificate], new EdDsaSigner(key));
    }

    private sealed class OneScheme(ITlsSigner signer, SignatureScheme scheme) : ITlsSigner
    {
        public IReadOnlyList<SignatureScheme> Schemes { get; } = [scheme];

        public byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> content) => signer.Sign(scheme, content);
    }

    private sealed class EdDsaSigner(Ed25519PrivateKeyParameters key) : ITlsSigner
    {
        public IReadOnlyList<SignatureScheme> Schemes { get; } = [SignatureScheme.Ed25519];

        public byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> content)
        {
            Ed25519Signer signer = new();
            signer.Init(forSigning: true, key);
            signer.BlockUpdate(content);
            return signer.GenerateSignature();
        }
    }
}
