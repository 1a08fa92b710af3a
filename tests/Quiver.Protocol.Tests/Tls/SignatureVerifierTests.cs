using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Signatures;
using Quiver.Testing;

namespace Quiver.Protocol.Tests.Tls;

public sealed class SignatureVerifierTests
{
    public static TheoryData<int> Schemes =>
    [
        (int)SignatureScheme.EcdsaSecp256r1Sha256,
        (int)SignatureScheme.EcdsaSecp384r1Sha384,
        (int)SignatureScheme.RsaPssRsaeSha256,
        (int)SignatureScheme.RsaPssRsaeSha512,
        (int)SignatureScheme.Ed25519,
    ];

    [Theory]
    [Rfc(9846, "4.5.2")]
    [MemberData(nameof(Schemes))]
    public void Changed_certificates_and_signatures_end_in_an_alert_only(int schemeNumber)
    {
        SignatureScheme scheme = (SignatureScheme)schemeNumber;
        TlsCertificate certificate = TestCertificates.For(scheme);
        byte[] content = [1, 2, 3];
        byte[] signature = certificate.Signer.Sign(scheme, content);
        byte[] der = certificate.Chain[0].ToArray();
        SignatureVerifier.Verify(CertificatePublicKey.Read(der), scheme, content, signature);
        int start = der.AsSpan().IndexOf(CertificatePublicKey.Read(der).Info);
        int length = CertificatePublicKey.Read(der).Info.Length;
        Random random = new(schemeNumber);
        int rounds = scheme == SignatureScheme.EcdsaSecp384r1Sha384 ? 50 : 300;
        for (int i = 0; i < rounds; i++)
        {
            byte[] changedDer = [.. der];
            changedDer[start + random.Next(length)] ^= (byte)(1 << random.Next(8));
            try
            {
                SignatureVerifier.Verify(CertificatePublicKey.Read(changedDer), scheme, content, signature);
            }
            catch (TransportException)
            {
                // Nearly always; a few bits say nothing about the key.
            }

            byte[] changedSignature = [.. signature];
            changedSignature[random.Next(signature.Length)] ^= (byte)(1 << random.Next(8));
            byte[] cutSignature = signature[..random.Next(signature.Length)];
            foreach (byte[] wrong in new[] { changedSignature, cutSignature })
            {
                Assert.Throws<TransportException>(
                    () => SignatureVerifier.Verify(CertificatePublicKey.Read(der), scheme, content, wrong));
            }
        }
    }

    [Fact]
    public void Certificates_cut_short_are_bad()
    {
        byte[] der = TestCertificates.P256.Chain[0].ToArray();
        int end = der.AsSpan().IndexOf(CertificatePublicKey.Read(der).Info) + CertificatePublicKey.Read(der).Info.Length;
        for (int i = 0; i < end; i++)
        {
            int cut = i;
            Violations.AssertAlert(
                TlsAlert.BadCertificate, Assert.Throws<TransportException>(() => { CertificatePublicKey.Read(der.AsSpan(0, cut)); }));
        }
    }
}
