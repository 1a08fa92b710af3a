using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Extensions;

namespace Quiver.Protocol.Tls.Messages;

/// <summary>Certificate: a chain, leaf first. RFC 9846 §4.5.1.</summary>
internal static class CertificateMessage
{
    /// <summary>The chain, each certificate a slice of one copy; empty when the sender has none.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Read(HandshakeMessage message, ReadOnlySpan<ExtensionType> requested)
    {
        TlsReader reader = new(message.Body, "Certificate");
        ReadOnlySpan<byte> context = reader.ReadVector8();
        byte[] list = reader.ReadVector24().ToArray();
        reader.ExpectEnd();

        // RFC 9846 §4.5.1.
        if (!context.IsEmpty)
        {
            TransportException.ThrowAlert(TlsAlert.IllegalParameter, "TLS: Certificate in the handshake has a context");
        }

        List<ReadOnlyMemory<byte>> chain = [];
        TlsReader entries = new(list, "Certificate");
        while (!entries.IsEmpty)
        {
            if (chain.Count == HandshakeLimits.MaxChain)
            {
                TransportException.ThrowAlert(
                    TlsAlert.BadCertificate, $"TLS: a chain of more than {HandshakeLimits.MaxChain} certificates");
            }

            int length = entries.ReadVector24(1).Length;
            chain.Add(list.AsMemory(list.Length - entries.Rest.Length - length, length));
            ExtensionBlock extensions = ExtensionBlock.Read(ref entries, ExtensionPlacement.Certificate);
            ExtensionRules.CheckResponse(extensions, ExtensionPlacement.Certificate, requested);
        }

        return chain;
    }

    public static ReadOnlySpan<byte> Write(TlsWriter writer, IReadOnlyList<ReadOnlyMemory<byte>> chain)
    {
        int message = writer.BeginMessage(HandshakeType.Certificate);
        writer.WriteVector8([]);
        int list = writer.BeginVector(3);
        foreach (ReadOnlyMemory<byte> certificate in chain)
        {
            int entry = writer.BeginVector(3);
            writer.Write(certificate.Span);
            writer.EndVector(entry, 3);
            writer.WriteVector16([]);
        }

        writer.EndVector(list, 3);
        return writer.EndMessage(message);
    }
}
