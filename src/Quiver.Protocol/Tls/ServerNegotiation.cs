using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Extensions;
using Quiver.Protocol.Tls.KeyExchange;
using Quiver.Protocol.Tls.Messages;
using Quiver.Protocol.Tls.Resumption;

namespace Quiver.Protocol.Tls;

/// <summary>What a server chooses from a ClientHello, by its own preferences. RFC 9846 §4.2.1.</summary>
internal sealed class ServerNegotiation
{
    private ServerNegotiation(CipherSuite suite, NamedGroup group, ReadOnlyMemory<byte> protocol, SignatureScheme? scheme)
    {
        Suite = suite;
        Group = group;
        Protocol = protocol;
        Scheme = scheme;
    }

    public CipherSuite Suite { get; }

    public NamedGroup Group { get; }

    public ReadOnlyMemory<byte> Protocol { get; }

    /// <summary>Null only when a session is resumed, and nothing is signed.</summary>
    public SignatureScheme? Scheme { get; }

    /// <summary>The session that is resumed.</summary>
    public SelectedPsk? Psk { get; private init; }

    public bool AcceptsEarlyData { get; private init; }

    /// <summary>Whether the client must be asked for a share. RFC 9846 §4.2.1.</summary>
    public bool NeedsRetry { get; private init; }

    public static ServerNegotiation Choose(ClientHello hello, IReadOnlyList<ReadOnlyMemory<byte>> offered, ServerTlsSettings settings)
    {
        ExtensionBlock extensions = hello.Extensions;
        ReadOnlyMemory<byte> protocol = AlpnExtension.Choose(settings.Protocols, offered);
        SelectedPsk? psk = UsablePsk(hello, settings);
        CipherSuite suite = psk?.Suite ?? ChooseSuite(hello.Suites, settings.Suites);
        SignatureScheme? scheme = psk is null ? ChooseScheme(extensions, settings.Certificate) : null;
        NamedGroup group = ChooseGroup(extensions, settings.Groups, out bool hasShare);

        // The first ticket, the same suite (it is the ticket's) and the same protocol; not across a HelloRetryRequest. RFC 9846 §4.3.10.
        bool takesEarlyData = psk is { AllowsEarlyData: true, Index: 0 } && hasShare && extensions.Contains(ExtensionType.EarlyData)
            && psk.Protocol.Span.SequenceEqual(protocol.Span);
        return new ServerNegotiation(suite, group, protocol, scheme) { NeedsRetry = !hasShare, Psk = psk, AcceptsEarlyData = takesEarlyData };
    }

    /// <summary>As before, but without the session: the client's second hello does not offer it any more.</summary>
    public ServerNegotiation WithoutSession(ClientHello hello, ServerTlsSettings settings) =>
        new(Suite, Group, Protocol, ChooseScheme(hello.Extensions, settings.Certificate));

    /// <summary>The client's share for our group, which the ClientHello has.</summary>
    public static ReadOnlySpan<byte> FindShare(ClientHello hello, NamedGroup group)
    {
        KeyShareExtension.TryFindShare(ReadShares(hello.Extensions), group, out ReadOnlySpan<byte> share);
        return share;
    }

    private static SelectedPsk? UsablePsk(ClientHello hello, ServerTlsSettings settings) =>
        settings is { RequestClientCertificate: false, Psk: { } psk } && settings.Suites.Contains(psk.Suite) && hello.Suites.Contains((ushort)psk.Suite)
            ? psk
            : null;

    private static CipherSuite ChooseSuite(CodePoints offered, IReadOnlyList<CipherSuite> preferences)
    {
        foreach (CipherSuite suite in preferences)
        {
            if (offered.Contains((ushort)suite))
            {
                return suite;
            }
        }

        // RFC 9846 §4.2.1.
        TransportException.ThrowAlert(
            TlsAlert.HandshakeFailure,
            $"TLS: no cipher suite in common: the client offers {offered.ToString()}, the server has {string.Join(", ", preferences)}");
        return default;
    }

    private static SignatureScheme ChooseScheme(ExtensionBlock extensions, TlsCertificate certificate)
    {
        CodePoints accepted = SignatureAlgorithmsExtension.Read(
            extensions.Find(ExtensionType.SignatureAlgorithms, ExtensionPlacement.ClientHello));
        SignatureScheme? scheme = OwnAuthentication.ChooseScheme(certificate, accepted);
        if (scheme is null)
        {
            // RFC 9846 §4.2.1.
            TransportException.ThrowAlert(
                TlsAlert.HandshakeFailure,
                "TLS: the server's key cannot sign as the client wants: "
                + $"the client takes {accepted.ToString()}, the key can {string.Join(", ", certificate.Signer.Schemes)}");
        }

        return scheme.Value;
    }

    private static NamedGroup ChooseGroup(ExtensionBlock extensions, IReadOnlyList<NamedGroup> preferences, out bool hasShare)
    {
        CodePoints groups = ReadGroups(extensions);
        ReadOnlySpan<byte> shares = ReadShares(extensions);

        // A group that is liked less but has a share saves a round trip. RFC 9846 §4.3.8.
        foreach (NamedGroup group in preferences)
        {
            if (KeyExchanges.IsSupported(group) && KeyShareExtension.TryFindShare(shares, group, out _))
            {
                hasShare = true;
                return group;
            }
        }

        hasShare = false;
        foreach (NamedGroup group in preferences)
        {
            if (KeyExchanges.IsSupported(group) && groups.Contains((ushort)group))
            {
                return group;
            }
        }

        // RFC 9846 §4.2.1.
        TransportException.ThrowAlert(
            TlsAlert.HandshakeFailure,
            $"TLS: no key exchange group in common: the client offers {groups.ToString()}, "
            + $"the server has {string.Join(", ", preferences)}");
        return default;
    }

    private static CodePoints ReadGroups(ExtensionBlock extensions) =>
        SupportedGroupsExtension.Read(extensions.Find(ExtensionType.SupportedGroups, ExtensionPlacement.ClientHello));

    private static ReadOnlySpan<byte> ReadShares(ExtensionBlock extensions) =>
        KeyShareExtension.ReadRequest(extensions.Find(ExtensionType.KeyShare, ExtensionPlacement.ClientHello), ReadGroups(extensions));
}
