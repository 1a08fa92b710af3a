using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.KeyExchange;
using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tls.Extensions;

/// <summary>key_share in its three forms: ClientHello, HelloRetryRequest, ServerHello. RFC 9846 §4.3.8.</summary>
internal static class KeyShareExtension
{
    /// <summary>Shares in a ClientHello; real clients send up to four.</summary>
    private const int MaxShares = 32;

    public static void WriteRequest(TlsWriter writer, IReadOnlyList<IKeyShare> shares)
    {
        int extension = writer.BeginExtension(ExtensionType.KeyShare);
        int list = writer.BeginVector(2);
        foreach (IKeyShare share in shares)
        {
            WriteEntry(writer, share.Group, share.PublicValue);
        }

        writer.EndVector(list, 2);
        writer.EndExtension(extension);
    }

    /// <summary>Checks the client's list against its groups and returns it for <see cref="TryFindShare"/>.</summary>
    public static ReadOnlySpan<byte> ReadRequest(ReadOnlySpan<byte> data, CodePoints groups)
    {
        TlsReader reader = new(data, "extension key_share");
        ReadOnlySpan<byte> list = reader.ReadVector16();
        reader.ExpectEnd();
        TlsReader entries = new(list, "extension key_share");
        Span<ushort> seen = stackalloc ushort[MaxShares];
        int count = 0;
        while (!entries.IsEmpty)
        {
            ushort group = entries.ReadUInt16();
            entries.ReadVector16(1);

            // Shares are for offered groups, each once. RFC 9846 §4.3.8.
            if (count == MaxShares || seen[..count].Contains(group) || !groups.Contains(group))
            {
                TransportException.ThrowAlert(
                    TlsAlert.IllegalParameter, $"TLS: the key share for group 0x{group:x4} is one too many, or not in supported_groups");
            }

            seen[count++] = group;
        }

        return list;
    }

    public static bool TryFindShare(ReadOnlySpan<byte> list, NamedGroup group, out ReadOnlySpan<byte> share)
    {
        TlsReader entries = new(list, "extension key_share");
        while (!entries.IsEmpty)
        {
            ushort found = entries.ReadUInt16();
            share = entries.ReadVector16(1);
            if (found == (ushort)group)
            {
                return true;
            }
        }

        share = default;
        return false;
    }

    public static void WriteResponse(TlsWriter writer, NamedGroup group, ReadOnlySpan<byte> share)
    {
        int extension = writer.BeginExtension(ExtensionType.KeyShare);
        WriteEntry(writer, group, share);
        writer.EndExtension(extension);
    }

    public static ReadOnlySpan<byte> ReadResponse(ReadOnlySpan<byte> data, out NamedGroup group)
    {
        TlsReader reader = new(data, "extension key_share");
        group = (NamedGroup)reader.ReadUInt16();
        ReadOnlySpan<byte> share = reader.ReadVector16(1);
        reader.ExpectEnd();
        return share;
    }

    public static void WriteRetry(TlsWriter writer, NamedGroup group)
    {
        int extension = writer.BeginExtension(ExtensionType.KeyShare);
        writer.WriteUInt16((ushort)group);
        writer.EndExtension(extension);
    }

    public static NamedGroup ReadRetry(ReadOnlySpan<byte> data)
    {
        TlsReader reader = new(data, "extension key_share");
        ushort group = reader.ReadUInt16();
        reader.ExpectEnd();
        return (NamedGroup)group;
    }

    private static void WriteEntry(TlsWriter writer, NamedGroup group, ReadOnlySpan<byte> share)
    {
        writer.WriteUInt16((ushort)group);
        writer.WriteVector16(share);
    }
}
