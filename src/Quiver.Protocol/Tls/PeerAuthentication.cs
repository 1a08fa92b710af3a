using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Extensions;
using Quiver.Protocol.Tls.Messages;
using Quiver.Protocol.Tls.Signatures;

namespace Quiver.Protocol.Tls;

/// <summary>The peer's chain and its proof of the key. Whether the chain is trusted is the application's verdict. RFC 9846 §4.5.</summary>
internal sealed class PeerAuthentication(EndpointRole peer)
{
    public IReadOnlyList<ReadOnlyMemory<byte>> Chain { get; private set; } = [];

    public void OnCertificate(HandshakeMessage message, ReadOnlySpan<ExtensionType> requested)
    {
        Chain = CertificateMessage.Read(message, requested);

        // A server always has a certificate. RFC 9846 §4.5.1.3.
        if (Chain.Count == 0 && peer == EndpointRole.Server)
        {
            TransportException.ThrowAlert(TlsAlert.DecodeError, "TLS: the server's Certificate message is empty");
        }
    }

    /// <summary>The transcript must end with the peer's Certificate.</summary>
    public void OnCertificateVerify(HandshakeMessage message, Transcript transcript)
    {
        ReadOnlySpan<byte> signature = CertificateVerify.Read(message, out SignatureScheme scheme);

        // Only what we asked for, and no PKCS #1 v1.5. RFC 9846 §4.5.2.
        if (!SignatureSchemes.IsForHandshake(scheme))
        {
            TransportException.ThrowAlert(
                TlsAlert.IllegalParameter, $"TLS: the {peer}'s CertificateVerify uses {scheme}, which was not offered for it");
        }

        Span<byte> content = stackalloc byte[CertificateVerify.MaxContentLength];
        int length = CertificateVerify.WriteContent(peer, transcript, content);
        SignatureVerifier.Verify(CertificatePublicKey.Read(Chain[0].Span), scheme, content[..length], signature);
    }
}
