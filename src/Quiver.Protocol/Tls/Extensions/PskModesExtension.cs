using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tls.Extensions;

/// <summary>psk_key_exchange_modes: we use a PSK with a key exchange beside it, never alone. RFC 9846 §4.3.9.</summary>
internal static class PskModesExtension
{
    private const byte WithKeyExchange = 1;

    public static void Write(TlsWriter writer)
    {
        int extension = writer.BeginExtension(ExtensionType.PskKeyExchangeModes);
        writer.WriteVector8([WithKeyExchange]);
        writer.EndExtension(extension);
    }

    /// <summary>Whether the client takes a PSK with a key exchange.</summary>
    public static bool ReadAllows(ReadOnlySpan<byte> data)
    {
        TlsReader reader = new(data, "extension psk_key_exchange_modes");
        ReadOnlySpan<byte> modes = reader.ReadVector8(1);
        reader.ExpectEnd();
        return modes.Contains(WithKeyExchange);
    }
}
