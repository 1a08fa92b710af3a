using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tls.Extensions;

/// <summary>cookie: the client returns what a HelloRetryRequest held. RFC 9846 §4.3.2.</summary>
internal static class CookieExtension
{
    public static void Write(TlsWriter writer, ReadOnlySpan<byte> cookie)
    {
        int extension = writer.BeginExtension(ExtensionType.Cookie);
        writer.WriteVector16(cookie);
        writer.EndExtension(extension);
    }

    public static ReadOnlySpan<byte> Read(ReadOnlySpan<byte> data)
    {
        TlsReader reader = new(data, "extension cookie");
        ReadOnlySpan<byte> cookie = reader.ReadVector16(1);
        reader.ExpectEnd();
        return cookie;
    }
}
