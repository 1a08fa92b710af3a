using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tls.Extensions;

/// <summary>supported_versions: TLS 1.3 alone. RFC 9846 §4.3.1, RFC 9001 §4.2.</summary>
internal static class SupportedVersionsExtension
{
    public const ushort Tls12 = 0x0303;
    public const ushort Tls13 = 0x0304;

    public static void WriteRequest(TlsWriter writer)
    {
        // A QUIC client offers nothing older. RFC 9001 §4.2.
        int extension = writer.BeginExtension(ExtensionType.SupportedVersions);
        int list = writer.BeginVector(1);
        writer.WriteUInt16(Tls13);
        writer.EndVector(list, 1);
        writer.EndExtension(extension);
    }

    public static CodePoints ReadRequest(ReadOnlySpan<byte> data)
    {
        TlsReader reader = new(data, "extension supported_versions");
        CodePoints versions = reader.ReadCodePoints8();
        reader.ExpectEnd();
        return versions;
    }

    public static void WriteResponse(TlsWriter writer)
    {
        int extension = writer.BeginExtension(ExtensionType.SupportedVersions);
        writer.WriteUInt16(Tls13);
        writer.EndExtension(extension);
    }

    public static ushort ReadResponse(ReadOnlySpan<byte> data)
    {
        TlsReader reader = new(data, "extension supported_versions");
        ushort version = reader.ReadUInt16();
        reader.ExpectEnd();
        return version;
    }
}
