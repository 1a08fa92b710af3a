using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Quiver.Tests.Infrastructure;

/// <summary>Certificates made on the spot, with keys that exist in memory only.</summary>
internal static class Certificates
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>For localhost and the loopback addresses, signed by itself.</summary>
    public static X509Certificate2 Server { get; } = CreateSelfSigned("localhost", ServerAuthentication);

    public static X509Certificate2 OtherServer { get; } = CreateSelfSigned("other.example", ServerAuthentication);

    public static X509Certificate2 Client { get; } = CreateSelfSigned("client", ClientAuthentication);

    public static X509Certificate2 CreateSelfSigned(string name, string purpose = ServerAuthentication)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = Request(new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256), name, purpose);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
    }

    public static X509Certificate2 CreateRsa(string name)
    {
        using var key = RSA.Create(2048);
        CertificateRequest request = Request(
            new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), name, ServerAuthentication);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
    }

    /// <summary>A root, an intermediate and a leaf for localhost.</summary>
    public static (X509Certificate2 Root, X509Certificate2 Intermediate, X509Certificate2 Leaf) CreateChain(string name = "localhost")
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset from = DateTimeOffset.UtcNow.AddDays(-1);
        DateTimeOffset to = DateTimeOffset.UtcNow.AddDays(30);

        CertificateRequest rootRequest = Authority("CN=Test root", rootKey);
        using X509Certificate2 root = rootRequest.CreateSelfSigned(from, to);
        using X509Certificate2 middle = Authority("CN=Test intermediate", middleKey).Create(root, from, to, [1, 2, 3]).CopyWithPrivateKey(middleKey);
        CertificateRequest leafRequest = Request(new CertificateRequest($"CN={name}", leafKey, HashAlgorithmName.SHA256), name, ServerAuthentication);
        X509Certificate2 leaf = leafRequest.Create(middle, from, to, [4, 5, 6]).CopyWithPrivateKey(leafKey);
        return (X509CertificateLoader.LoadCertificate(root.RawData), X509CertificateLoader.LoadCertificate(middle.RawData), leaf);
    }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request;
    }

    private static CertificateRequest Request(CertificateRequest request, string name, string purpose)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        if (name == "localhost")
        {
            names.AddIpAddress(IPAddress.Loopback);
            names.AddIpAddress(IPAddress.IPv6Loopback);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        return request;
    }
}
