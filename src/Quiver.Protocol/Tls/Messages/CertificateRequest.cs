using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Extensions;
using Quiver.Protocol.Tls.Signatures;

namespace Quiver.Protocol.Tls.Messages;

/// <summary>CertificateRequest. RFC 9846 §4.4.2.</summary>
internal static class CertificateRequest
{
    /// <summary>The signature schemes that the server will take.</summary>
    public static CodePoints Read(HandshakeMessage message)
    {
        TlsReader reader = new(message.Body, "CertificateRequest");
        ReadOnlySpan<byte> context = reader.ReadVector8();
        ExtensionBlock extensions = ExtensionBlock.Read(ref reader, ExtensionPlacement.CertificateRequest);
        reader.ExpectEnd();

        // A context is for authentication after the handshake, which QUIC does not have. RFC 9846 §4.4.2.
        if (!context.IsEmpty)
        {
            TransportException.ThrowAlert(TlsAlert.IllegalParameter, "TLS: CertificateRequest in the handshake has a context");
        }

        ExtensionRules.CheckRequest(extensions, ExtensionPlacement.CertificateRequest);
        return SignatureAlgorithmsExtension.Read(
            extensions.Find(ExtensionType.SignatureAlgorithms, ExtensionPlacement.CertificateRequest));
    }

    public static ReadOnlySpan<byte> Write(TlsWriter writer)
    {
        int message = writer.BeginMessage(HandshakeType.CertificateRequest);
        writer.WriteVector8([]);
        int extensions = writer.BeginVector(2);
        SignatureAlgorithmsExtension.Write(writer, SignatureSchemes.Accepted);
        writer.EndVector(extensions, 2);
        return writer.EndMessage(message);
    }
}
