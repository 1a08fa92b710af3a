using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Quiver.Tool.Commands;

namespace Quiver.Tool.Hosting;

/// <summary>Loads a server's certificate, its key and its chain from PEM files or from a PKCS #12 file.</summary>
internal static class ServerCertificate
{
    public static SslStreamCertificateContext Load(string certificateFile, string? keyFile, string? password)
    {
        try
        {
            return IsPkcs12(certificateFile) ? LoadPkcs12(certificateFile, password) : LoadPem(certificateFile, keyFile, password);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new ToolException($"The certificate {certificateFile} cannot be used: {e.Message}", e);
        }
    }

    public static SslStreamCertificateContext CreateSelfSigned()
    {
        // Not disposed: it serves until the process ends.
        X509Certificate2 certificate = SelfSignedCertificate.Create();
        return SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
    }

    private static bool IsPkcs12(string file) =>
        Path.GetExtension(file) is { } extension &&
        (extension.Equals(".pfx", StringComparison.OrdinalIgnoreCase) || extension.Equals(".p12", StringComparison.OrdinalIgnoreCase));

    private static SslStreamCertificateContext LoadPem(string certificateFile, string? keyFile, string? password)
    {
        X509Certificate2 certificate = password is null
            ? X509Certificate2.CreateFromPemFile(certificateFile, keyFile)
            : X509Certificate2.CreateFromEncryptedPemFile(certificateFile, password, keyFile);
        X509Certificate2Collection chain = [];
        chain.ImportFromPemFile(certificateFile);
        return Create(certificate, chain);
    }

    private static SslStreamCertificateContext LoadPkcs12(string file, string? password)
    {
        X509Certificate2Collection all = X509CertificateLoader.LoadPkcs12CollectionFromFile(file, password);
        X509Certificate2 certificate = all.FirstOrDefault(candidate => candidate.HasPrivateKey)
            ?? throw new ToolException($"The certificate {file} cannot be used: there is no private key in it.");
        return Create(certificate, all);
    }

    // Offline: what the file holds is what is sent.
    private static SslStreamCertificateContext Create(X509Certificate2 certificate, X509Certificate2Collection chain) =>
        SslStreamCertificateContext.Create(certificate, chain, offline: true);
}
