using System.Security.Cryptography.X509Certificates;
using Quiver.Protocol.Buffers;

namespace Quiver.Security;

/// <summary>A certificate in DER and as an object that is never handed out: whoever wants it gets a copy of his own to dispose.</summary>
internal sealed class ParsedCertificate(byte[] der) : IMadeFromContent
{
    private readonly X509Certificate2 _certificate = X509CertificateLoader.LoadCertificate(der);

    public bool Is(ReadOnlySpan<byte> content) => content.SequenceEqual(der);

    public X509Certificate2 Copy() => new(_certificate);

    public void Dispose() => _certificate.Dispose();
}
