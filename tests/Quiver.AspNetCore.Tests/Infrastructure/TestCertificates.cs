using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Quiver.AspNetCore.Tests.Infrastructure;

/// <summary>An authority, an intermediate one below it, and certificates of either. Made once a run.</summary>
internal static class TestCertificates
{
    public static X509Certificate2 Root { get; } = CreateAuthority("Test root", null);

    public static X509Certificate2 Intermediate { get; } = CreateAuthority("Test intermediate", Root);

    public static X509Certificate2 Localhost { get; } = Create("localhost", Root);

    public static X509Certificate2 BelowIntermediate { get; } = Create("localhost", Intermediate);

    public static X509Certificate2 Other { get; } = Create("other.example", Root);

    public static X509Certificate2 Client { get; } = Create("A client", Root);

    private static X509Certificate2 CreateAuthority(string name, X509Certificate2? issuer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        return Sign(request, key, issuer);
    }

    private static X509Certificate2 Create(string name, X509Certificate2 issuer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (!name.Contains(' ', StringComparison.Ordinal))
        {
            names.AddDnsName(name);
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
        }

        return Sign(request, key, issuer);
    }

    private static X509Certificate2 Sign(CertificateRequest request, ECDsa key, X509Certificate2? issuer)
    {
        DateTimeOffset from = issuer?.NotBefore ?? DateTimeOffset.UtcNow.AddDays(-1);
        DateTimeOffset to = issuer?.NotAfter ?? DateTimeOffset.UtcNow.AddDays(10);
        if (issuer is null)
        {
            return request.CreateSelfSigned(from, to);
        }

        using X509Certificate2 certificate = request.Create(issuer, from, to, RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }
}
