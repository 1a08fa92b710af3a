using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Quiver.Protocol.Tls;

namespace Quiver.Security;

/// <summary>
/// Chains and signers of our own certificates, built once for each certificate object and kept as long as it lives: building a chain
/// costs more than the rest of a handshake.
/// </summary>
internal static class CertificateChains
{
    private static readonly ConditionalWeakTable<X509Certificate2, TlsCertificate> s_byCertificate = [];
    private static readonly ConditionalWeakTable<SslStreamCertificateContext, TlsCertificate> s_byContext = [];

    /// <summary>Builds the intermediates from what is on this machine; nothing is downloaded.</summary>
    public static TlsCertificate Get(X509Certificate2 certificate) => s_byCertificate.GetValue(
        certificate,
        static certificate => Create(SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true)));

    public static TlsCertificate Get(SslStreamCertificateContext context) => s_byContext.GetValue(context, static context => Create(context));

    private static TlsCertificate Create(SslStreamCertificateContext context)
    {
        List<ReadOnlyMemory<byte>> chain = [context.TargetCertificate.RawDataMemory];
        foreach (X509Certificate2 intermediate in context.IntermediateCertificates)
        {
            chain.Add(intermediate.RawDataMemory);
        }

        return new TlsCertificate(chain, CertificateSigner.Create(context.TargetCertificate));
    }
}
