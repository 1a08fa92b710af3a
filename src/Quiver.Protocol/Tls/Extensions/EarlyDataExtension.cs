using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tls.Extensions;

/// <summary>early_data: empty in ClientHello and EncryptedExtensions, QUIC's one value in a ticket. RFC 9846 §4.3.10, RFC 9001 §4.6.1.</summary>
internal static class EarlyDataExtension
{
    /// <summary>Early data in QUIC has no limit in TLS: this value or no extension. RFC 9001 §4.6.1.</summary>
    public const uint Maximum = uint.MaxValue;

    public static void WriteIndication(TlsWriter writer) => writer.EndExtension(writer.BeginExtension(ExtensionType.EarlyData));

    public static void ReadIndication(ReadOnlySpan<byte> data) => new TlsReader(data, "extension early_data").ExpectEnd();

    public static void WriteInTicket(TlsWriter writer)
    {
        int extension = writer.BeginExtension(ExtensionType.EarlyData);
        writer.WriteUInt32(Maximum);
        writer.EndExtension(extension);
    }

    public static uint ReadInTicket(ReadOnlySpan<byte> data)
    {
        TlsReader reader = new(data, "extension early_data");
        uint maximum = reader.ReadUInt32();
        reader.ExpectEnd();
        return maximum;
    }
}
