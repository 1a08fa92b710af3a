using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tls.Extensions;

/// <summary>quic_transport_parameters; its content is opaque to TLS. RFC 9001 §8.2.</summary>
internal static class TransportParametersExtension
{
    public static void Write(TlsWriter writer, ReadOnlySpan<byte> encoded)
    {
        int extension = writer.BeginExtension(ExtensionType.QuicTransportParameters);
        writer.Write(encoded);
        writer.EndExtension(extension);
    }
}
