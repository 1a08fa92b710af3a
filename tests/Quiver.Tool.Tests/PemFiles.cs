using System.Security.Cryptography.X509Certificates;
using Quiver.Tool.Hosting;

namespace Quiver.Tool.Tests;

/// <summary>A certificate and its key as files.</summary>
internal sealed record PemFiles(string Certificate, string Key, string Pfx)
{
    public static PemFiles Create(TemporaryFolder folder, string name)
    {
        using X509Certificate2 certificate = SelfSignedCertificate.Create();
        PemFiles files = new(folder[$"{name}.pem"], folder[$"{name}.key"], folder[$"{name}.pfx"]);
        File.WriteAllText(files.Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(files.Key, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        File.WriteAllBytes(files.Pfx, certificate.Export(X509ContentType.Pkcs12, "secret"));
        return files;
    }
}
