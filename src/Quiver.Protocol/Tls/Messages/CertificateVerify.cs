using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Tls.Messages;

/// <summary>CertificateVerify: proof of the private key, over the transcript. RFC 9846 §4.5.2.</summary>
internal static class CertificateVerify
{
    /// <summary>Padding, the longest context string, a zero, the longest hash.</summary>
    public const int MaxContentLength = PaddingLength + 33 + 1 + Crypto.KeySchedule.MaxHashLength;

    private const int PaddingLength = 64;
    private const byte Padding = 0x20;

    public static ReadOnlySpan<byte> Read(HandshakeMessage message, out SignatureScheme scheme)
    {
        TlsReader reader = new(message.Body, "CertificateVerify");
        scheme = (SignatureScheme)reader.ReadUInt16();
        ReadOnlySpan<byte> signature = reader.ReadVector16();
        reader.ExpectEnd();
        return signature;
    }

    public static ReadOnlySpan<byte> Write(TlsWriter writer, SignatureScheme scheme, ReadOnlySpan<byte> signature)
    {
        int message = writer.BeginMessage(HandshakeType.CertificateVerify);
        writer.WriteUInt16((ushort)scheme);
        writer.WriteVector16(signature);
        return writer.EndMessage(message);
    }

    /// <summary>What is signed by <paramref name="signer"/>, and its length. RFC 9846 §4.5.2.</summary>
    public static int WriteContent(EndpointRole signer, Transcript transcript, Span<byte> content)
    {
        ReadOnlySpan<byte> context = signer == EndpointRole.Client
            ? "TLS 1.3, client CertificateVerify\0"u8
            : "TLS 1.3, server CertificateVerify\0"u8;
        content[..PaddingLength].Fill(Padding);
        context.CopyTo(content[PaddingLength..]);
        int length = PaddingLength + context.Length;
        return length + transcript.GetCurrentHash(content[length..]);
    }
}
