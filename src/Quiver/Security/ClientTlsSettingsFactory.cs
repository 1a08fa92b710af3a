using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Quiver.Protocol.Tls;

namespace Quiver.Security;

/// <summary>From SslClientAuthenticationOptions to what the handshake takes.</summary>
internal static class ClientTlsSettingsFactory
{
    public static ClientTlsSettings Create(QuicClientConnectionOptions options, string targetHost, string? dnsHost)
    {
        SslClientAuthenticationOptions authentication = options.ClientAuthenticationOptions;
        return new ClientTlsSettings
        {
            Protocols = authentication.ApplicationProtocols!.ConvertAll(name => name.Protocol), // Validated.
            Suites = CipherSuites.Select(authentication.CipherSuitesPolicy),
            ServerName = TargetHosts.ToServerName(authentication.TargetHost) ?? TargetHosts.ToServerName(dnsHost),
            ClientCertificate = SelectCertificate(options, authentication, targetHost),
            KeyLog = KeyLogFile.Shared is not null,
        };
    }

    private static TlsCertificate? SelectCertificate(
        QuicClientConnectionOptions options, SslClientAuthenticationOptions authentication, string targetHost)
    {
        if (authentication.ClientCertificateContext is { } context)
        {
            return CertificateChains.Get(context);
        }

        if (authentication.LocalCertificateSelectionCallback is { } callback)
        {
            // Asked before the handshake, so without the server's certificate and its issuers.
            X509Certificate? chosen = callback(
                options, targetHost, authentication.ClientCertificates ?? [], remoteCertificate: null, acceptableIssuers: []);
            X509Certificate2? full = chosen as X509Certificate2 ?? (chosen is null ? null : new X509Certificate2(chosen));
            return full is { HasPrivateKey: true } ? CertificateChains.Get(full) : null;
        }

        foreach (X509Certificate candidate in authentication.ClientCertificates ?? [])
        {
            X509Certificate2 full = candidate as X509Certificate2 ?? new X509Certificate2(candidate);
            if (full.HasPrivateKey)
            {
                return CertificateChains.Get(full);
            }
        }

        return null;
    }
}
