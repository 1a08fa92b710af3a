using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Extensions;
using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tls;

/// <summary>Whether the ClientHello after a HelloRetryRequest is the first one with only the changes allowed. RFC 9846 §4.2.2.</summary>
internal static class SecondClientHello
{
    /// <summary>The extensions that we act on and that must not change.</summary>
    private static readonly ExtensionType[] s_fixed =
    [
        ExtensionType.ServerName,
        ExtensionType.SupportedGroups,
        ExtensionType.SignatureAlgorithms,
        ExtensionType.ApplicationLayerProtocolNegotiation,
        ExtensionType.SupportedVersions,
        ExtensionType.QuicTransportParameters,
        ExtensionType.PskKeyExchangeModes,
    ];

    public static void Check(ClientHello first, ClientHello second, NamedGroup group)
    {
        if (!first.Random.Span.SequenceEqual(second.Random.Span) || !first.Suites.SequenceEqual(second.Suites))
        {
            ThrowChanged("its random or cipher suites");
        }

        ExtensionBlock before = first.Extensions;
        ExtensionBlock after = second.Extensions;
        foreach (ExtensionType type in s_fixed)
        {
            bool had = before.TryFind(type, out ReadOnlySpan<byte> old);
            bool has = after.TryFind(type, out ReadOnlySpan<byte> now);
            if (had != has || !old.SequenceEqual(now))
            {
                ThrowChanged($"extension {type}");
            }
        }

        // No early data after a retry. RFC 9846 §4.2.2.
        if (after.Contains(ExtensionType.EarlyData))
        {
            TransportException.ThrowAlert(TlsAlert.IllegalParameter, "TLS: the second ClientHello offers early data");
        }

        CheckShare(after, group);
    }

    // One share, for the group asked for. RFC 9846 §4.2.2.
    private static void CheckShare(ExtensionBlock extensions, NamedGroup group)
    {
        TlsReader reader = new(extensions.Find(ExtensionType.KeyShare, ExtensionPlacement.ClientHello), "extension key_share");
        TlsReader entries = new(reader.ReadVector16(), "extension key_share");
        reader.ExpectEnd();
        if (entries.IsEmpty || entries.ReadUInt16() != (ushort)group || entries.ReadVector16(1).IsEmpty || !entries.IsEmpty)
        {
            TransportException.ThrowAlert(
                TlsAlert.IllegalParameter, $"TLS: the second ClientHello must have one key share, for {group}");
        }
    }

    private static void ThrowChanged(string what) =>
        TransportException.ThrowAlert(TlsAlert.IllegalParameter, $"TLS: the second ClientHello changes {what}");
}
