using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Quiver.Security;

namespace Quiver.Tests.Security;

public sealed class PeerCertificateParserTests
{
    [Fact]
    public void Copies_of_a_kept_certificate_are_the_callers_own()
    {
        using X509Certificate2 original = Create("CN=kept");
        PeerCertificateParser.Keep([original.RawData]);
        X509Certificate2 first = PeerCertificateParser.Parse(original.RawData);
        using X509Certificate2 second = PeerCertificateParser.Parse(original.RawData);
        first.Dispose();
        Assert.NotSame(first, second);
        Assert.Equal(original.RawData, second.RawData);
        Assert.Equal("CN=kept", second.Subject);
        using X509Certificate2 third = PeerCertificateParser.Parse(original.RawData);
        Assert.Equal(original.Thumbprint, third.Thumbprint);
    }

    [Fact]
    public void Certificates_are_told_apart()
    {
        using X509Certificate2 one = Create("CN=one");
        using X509Certificate2 other = Create("CN=other");
        PeerCertificateParser.Keep([one.RawData]);
        using X509Certificate2 parsed = PeerCertificateParser.Parse(other.RawData);
        Assert.Equal("CN=other", parsed.Subject);
    }

    [Fact]
    public void What_is_no_certificate_is_refused()
    {
        Assert.ThrowsAny<CryptographicException>(() => PeerCertificateParser.Parse([0x30, 0x03, 1, 2, 3]));
    }

    private static X509Certificate2 Create(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest(subject, key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
