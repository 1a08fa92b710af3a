using System.Text;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tls.Extensions;

/// <summary>application_layer_protocol_negotiation. RFC 7301 §3, RFC 9001 §8.1.</summary>
internal static class AlpnExtension
{
    private const int MaxNameLength = 255;

    public static void WriteRequest(TlsWriter writer, IReadOnlyList<ReadOnlyMemory<byte>> protocols)
    {
        int extension = writer.BeginExtension(ExtensionType.ApplicationLayerProtocolNegotiation);
        int list = writer.BeginVector(2);
        foreach (ReadOnlyMemory<byte> protocol in protocols)
        {
            writer.WriteVector8(protocol.Span);
        }

        writer.EndVector(list, 2);
        writer.EndExtension(extension);
    }

    public static void WriteResponse(TlsWriter writer, ReadOnlyMemory<byte> protocol) => WriteRequest(writer, [protocol]);

    /// <summary>The names offered; each is a copy.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> ReadRequest(ReadOnlySpan<byte> data)
    {
        TlsReader reader = new(data, "extension ALPN");
        TlsReader list = new(reader.ReadVector16(2), "extension ALPN");
        reader.ExpectEnd();
        List<ReadOnlyMemory<byte>> protocols = [];
        while (!list.IsEmpty)
        {
            protocols.Add(list.ReadVector8(1).ToArray());
        }

        return protocols;
    }

    /// <summary>Exactly one name, and one that we offered. RFC 7301 §3.1, RFC 9001 §8.1.</summary>
    public static ReadOnlyMemory<byte> ReadResponse(ReadOnlySpan<byte> data, IReadOnlyList<ReadOnlyMemory<byte>> offered)
    {
        IReadOnlyList<ReadOnlyMemory<byte>> chosen = ReadRequest(data);
        if (chosen.Count != 1)
        {
            TransportException.ThrowAlert(TlsAlert.DecodeError, $"TLS: the server chose {chosen.Count} ALPN protocols");
        }

        ReadOnlyMemory<byte>? known = Find(offered, chosen[0].Span);
        if (known is null)
        {
            TransportException.ThrowAlert(
                TlsAlert.IllegalParameter, $"TLS: the server chose ALPN {Describe(chosen)}; offered was {Describe(offered)}");
        }

        return known.Value;
    }

    /// <summary>The server's first protocol that the client offers. RFC 7301 §3.2.</summary>
    public static ReadOnlyMemory<byte> Choose(
        IReadOnlyList<ReadOnlyMemory<byte>> preferences, IReadOnlyList<ReadOnlyMemory<byte>> offered)
    {
        foreach (ReadOnlyMemory<byte> protocol in preferences)
        {
            if (Find(offered, protocol.Span) is not null)
            {
                return protocol;
            }
        }

        // QUIC needs a protocol. RFC 9001 §8.1.
        TransportException.ThrowAlert(
            TlsAlert.NoApplicationProtocol,
            $"TLS: no ALPN protocol in common: the client offers {Describe(offered)}, the server has {Describe(preferences)}");
        return default;
    }

    /// <summary>Programming errors show at the start, not as a decode_error from the peer.</summary>
    public static void CheckSettings(IReadOnlyList<ReadOnlyMemory<byte>> protocols)
    {
        if (protocols.Count == 0 || protocols.Any(p => p.Length is 0 or > MaxNameLength))
        {
            throw new ArgumentException("QUIC needs at least one application protocol, each of 1 to 255 bytes.", nameof(protocols));
        }
    }

    private static ReadOnlyMemory<byte>? Find(IReadOnlyList<ReadOnlyMemory<byte>> protocols, ReadOnlySpan<byte> name)
    {
        foreach (ReadOnlyMemory<byte> protocol in protocols)
        {
            if (protocol.Span.SequenceEqual(name))
            {
                return protocol;
            }
        }

        return null;
    }

    private static string Describe(IReadOnlyList<ReadOnlyMemory<byte>> protocols)
    {
        const int Shown = 16;
        IEnumerable<string> names = protocols.Take(Shown).Select(p => "\"" + Printable(p.Span) + "\"");
        string text = string.Join(", ", names);
        return protocols.Count switch
        {
            0 => "none",
            > Shown => text + ", …",
            _ => text,
        };
    }

    private static string Printable(ReadOnlySpan<byte> name) =>
        name.ContainsAnyExceptInRange((byte)0x20, (byte)0x7E) ? "0x" + Convert.ToHexStringLower(name) : Encoding.ASCII.GetString(name);
}
