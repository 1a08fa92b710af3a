using System.Buffers;
using System.Net;
using System.Text;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tls.Extensions;

/// <summary>server_name. RFC 6066 §3, RFC 9846 §9.2.</summary>
internal static class ServerNameExtension
{
    private const byte HostName = 0;

    /// <summary>The longest DNS name in text.</summary>
    private const int MaxLength = 255;

    private static readonly SearchValues<byte> s_printable = SearchValues.Create([.. Enumerable.Range(0x21, 0x5E).Select(b => (byte)b)]);

    /// <summary>The name as it may be sent; null when there is none or it is an address, which must not be sent. RFC 6066 §3.</summary>
    public static string? ToSend(string? name)
    {
        if (string.IsNullOrEmpty(name) || IPAddress.TryParse(name, out _))
        {
            return null;
        }

        // The name goes without its trailing dot. RFC 6066 §3.
        string trimmed = name.EndsWith('.') ? name[..^1] : name;
        bool fits = trimmed.Length is > 0 and <= MaxLength && Ascii.IsValid(trimmed);
        return fits
            ? trimmed
            : throw new ArgumentException($"'{name}' cannot be sent as a server name; is it in its ASCII form?", nameof(name));
    }

    public static void Write(TlsWriter writer, string name)
    {
        int extension = writer.BeginExtension(ExtensionType.ServerName);
        int list = writer.BeginVector(2);
        writer.WriteByte(HostName);
        int host = writer.BeginVector(2);
        Encoding.ASCII.GetBytes(name, writer.Reserve(name.Length));
        writer.EndVector(host, 2);
        writer.EndVector(list, 2);
        writer.EndExtension(extension);
    }

    /// <summary>The host name in a ClientHello; null when only names of other kinds are given.</summary>
    public static string? ReadRequest(ReadOnlySpan<byte> data)
    {
        TlsReader reader = new(data, "extension server_name");
        TlsReader names = new(reader.ReadVector16(1), "extension server_name");
        reader.ExpectEnd();
        string? found = null;
        while (!names.IsEmpty)
        {
            byte type = names.ReadByte();
            ReadOnlySpan<byte> name = names.ReadVector16(1);
            if (type != HostName)
            {
                continue;
            }

            // One name of a type at most, and a DNS name in ASCII. RFC 6066 §3.
            if (found is not null || name.Length > MaxLength || name.ContainsAnyExcept(s_printable))
            {
                TransportException.ThrowAlert(TlsAlert.IllegalParameter, "TLS: extension server_name holds no single valid host name");
            }

            found = Encoding.ASCII.GetString(name);
        }

        return found;
    }

    /// <summary>The server's acknowledgement is empty. RFC 6066 §3.</summary>
    public static void ReadResponse(ReadOnlySpan<byte> data) => new TlsReader(data, "extension server_name").ExpectEnd();
}
