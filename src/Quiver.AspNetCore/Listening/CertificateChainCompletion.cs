using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;

namespace Quiver.AspNetCore.Listening;

/// <summary>Certificates with the intermediates that the application gave. Built once for each certificate object: it costs more than a handshake.</summary>
internal sealed class CertificateChainCompletion(X509Certificate2Collection intermediates)
{
    private readonly ConditionalWeakTable<X509Certificate2, SslStreamCertificateContext> _contexts = [];

    public SslStreamCertificateContext Complete(X509Certificate2 certificate) =>
        _contexts.GetValue(certificate, key => SslStreamCertificateContext.Create(key, intermediates, offline: true));
}
