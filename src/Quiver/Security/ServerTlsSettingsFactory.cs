using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Quiver.Protocol.Tls;

namespace Quiver.Security;

/// <summary>From SslServerAuthenticationOptions to what the handshake takes.</summary>
internal static class ServerTlsSettingsFactory
{
    public static ServerTlsSettings Create(SslServerAuthenticationOptions options, string serverName) => new()
    {
        Protocols = options.ApplicationProtocols!.ConvertAll(name => name.Protocol), // Validated.
        Suites = CipherSuites.Select(options.CipherSuitesPolicy),
        Certificate = SelectCertificate(options, serverName),
        RequestClientCertificate = options.ClientCertificateRequired,
        KeyLog = KeyLogFile.Shared is not null,
    };

    private static TlsCertificate SelectCertificate(SslServerAuthenticationOptions options, string serverName)
    {
        if (options.ServerCertificateSelectionCallback is { } callback)
        {
            return FromCertificate(CallSelection(callback, options, serverName));
        }

        return options.ServerCertificateContext is { } context
            ? CertificateChains.Get(context)
            : FromCertificate(options.ServerCertificate);
    }

    private static X509Certificate CallSelection(
        ServerCertificateSelectionCallback callback, SslServerAuthenticationOptions options, string serverName)
    {
        try
        {
            return callback(options, serverName);
        }
        catch (Exception e)
        {
            throw new QuicException(QuicError.CallbackError, $"The {nameof(ServerCertificateSelectionCallback)} threw for '{serverName}'.", e);
        }
    }

    private static TlsCertificate FromCertificate(X509Certificate? certificate)
    {
        if (certificate is null)
        {
            throw new ArgumentException(
                "The server has no certificate: set 'ServerCertificateContext', 'ServerCertificate' or 'ServerCertificateSelectionCallback'.");
        }

        X509Certificate2 full = certificate as X509Certificate2 ?? new X509Certificate2(certificate);
        if (!full.HasPrivateKey)
        {
            throw new ArgumentException($"The server's certificate ({full.Subject}) has no private key.");
        }

        return CertificateChains.Get(full);
    }
}
