using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tls;

/// <summary>Messages after the handshake: in QUIC only a server's tickets are left. RFC 9846 §4.7, RFC 9001 §4.4, §6.</summary>
internal static class PostHandshake
{
    /// <summary>Anything but a ticket.</summary>
    public static void RejectAtClient(HandshakeMessage message)
    {
        if (message.Type == HandshakeType.CertificateRequest)
        {
            // No authentication after the handshake. RFC 9001 §4.4.
            TransportException.Throw(
                TransportErrorCode.ProtocolViolation, "TLS: the server asks for a certificate after the handshake", frameType: 0x06);
        }

        // KeyUpdate too: QUIC updates its keys itself. RFC 9001 §6.
        message.ThrowUnexpected("after the handshake");
    }
}
