using Quiver.Protocol.Tls.Extensions;

namespace Quiver.Protocol.Tls.Messages;

/// <summary>EncryptedExtensions: the server's answers that need not be in the clear. RFC 9846 §4.4.1.</summary>
internal static class EncryptedExtensions
{
    public static ExtensionBlock Read(HandshakeMessage message, ReadOnlySpan<ExtensionType> requested)
    {
        TlsReader reader = new(message.Body, "EncryptedExtensions");
        ExtensionBlock extensions = ExtensionBlock.Read(ref reader, ExtensionPlacement.EncryptedExtensions);
        reader.ExpectEnd();
        ExtensionRules.CheckResponse(extensions, ExtensionPlacement.EncryptedExtensions, requested);
        return extensions;
    }

    /// <param name="writer">Where the message goes.</param>
    /// <param name="protocol">The ALPN choice.</param>
    /// <param name="transportParameters">Opaque here.</param>
    /// <param name="acknowledgeServerName">Whether the client sent a name, which we saw. RFC 6066 §3.</param>
    /// <param name="acceptsEarlyData">Whether the client's early data is taken. RFC 9846 §4.3.10.</param>
    /// <param name="groups">Ours, when one is better liked than those the client sent shares for; else null. RFC 9846 §4.3.7.</param>
    public static ReadOnlySpan<byte> Write(
        TlsWriter writer,
        ReadOnlyMemory<byte> protocol,
        ReadOnlySpan<byte> transportParameters,
        bool acknowledgeServerName,
        bool acceptsEarlyData,
        IReadOnlyList<NamedGroup>? groups)
    {
        int message = writer.BeginMessage(HandshakeType.EncryptedExtensions);
        int extensions = writer.BeginVector(2);
        AlpnExtension.WriteResponse(writer, protocol);
        TransportParametersExtension.Write(writer, transportParameters);
        if (acknowledgeServerName)
        {
            writer.EndExtension(writer.BeginExtension(ExtensionType.ServerName));
        }

        if (acceptsEarlyData)
        {
            EarlyDataExtension.WriteIndication(writer);
        }

        if (groups is not null)
        {
            SupportedGroupsExtension.Write(writer, groups);
        }

        writer.EndVector(extensions, 2);
        return writer.EndMessage(message);
    }
}
