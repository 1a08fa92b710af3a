using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Quiver.AspNetCore.Listening;

/// <summary>From what Kestrel's TLS callback gives to what a connection needs. Its object may be shared by all connections, so it is not changed.</summary>
internal static class TlsOptions
{
    /// <param name="options">What the callback gave.</param>
    /// <param name="protocols">The endpoint's application protocols, for options without any.</param>
    /// <param name="chain">Adds intermediate certificates; null: there are none to add.</param>
    /// <param name="serverName">What the client asks for; empty: nothing.</param>
    public static SslServerAuthenticationOptions Complete(
        SslServerAuthenticationOptions options, List<SslApplicationProtocol> protocols, CertificateChainCompletion? chain, string serverName)
    {
        bool hasProtocols = options.ApplicationProtocols is { Count: > 0 };
        bool hasChain = chain is null || options is { ServerCertificateSelectionCallback: null, ServerCertificateContext: not null };
        if (hasProtocols && hasChain)
        {
            return options;
        }

        SslServerAuthenticationOptions completed = Copy(options);
        completed.ApplicationProtocols = hasProtocols ? options.ApplicationProtocols : protocols;
        if (!hasChain && Select(options, serverName) is X509Certificate2 certificate)
        {
            completed.ServerCertificateSelectionCallback = null;
            completed.ServerCertificateContext = chain!.Complete(certificate); // Or hasChain were true.
        }

        return completed;
    }

    private static X509Certificate? Select(SslServerAuthenticationOptions options, string serverName) =>
        options.ServerCertificateSelectionCallback is { } select ? select(options, serverName) : options.ServerCertificate;

    private static SslServerAuthenticationOptions Copy(SslServerAuthenticationOptions options) => new()
    {
        AllowTlsResume = options.AllowTlsResume,
        ApplicationProtocols = options.ApplicationProtocols,
        CertificateChainPolicy = options.CertificateChainPolicy,
        CertificateRevocationCheckMode = options.CertificateRevocationCheckMode,
        CipherSuitesPolicy = options.CipherSuitesPolicy,
        ClientCertificateRequired = options.ClientCertificateRequired,
        EncryptionPolicy = options.EncryptionPolicy,
        RemoteCertificateValidationCallback = options.RemoteCertificateValidationCallback,
        ServerCertificate = options.ServerCertificate,
        ServerCertificateContext = options.ServerCertificateContext,
        ServerCertificateSelectionCallback = options.ServerCertificateSelectionCallback,
    };
}
