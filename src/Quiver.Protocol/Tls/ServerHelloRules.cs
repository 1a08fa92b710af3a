using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Extensions;
using Quiver.Protocol.Tls.KeyExchange;
using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tls;

/// <summary>Whether a ServerHello or HelloRetryRequest chooses from what the client offered. RFC 9846 §4.2.3, §4.2.4.</summary>
internal static class ServerHelloRules
{
    /// <summary>What holds for both messages. <paramref name="retriedSuite"/> is what a HelloRetryRequest chose before.</summary>
    public static void Check(ServerHello hello, ClientOffer offer, CipherSuite? retriedSuite)
    {
        ExtensionRules.CheckResponse(hello.Extensions, hello.Placement, offer.Requested);

        // RFC 9846 §4.2.3.
        if (!offer.Suites.Contains(hello.Suite))
        {
            TransportException.ThrowAlert(
                TlsAlert.IllegalParameter, $"TLS: the server chooses cipher suite 0x{(ushort)hello.Suite:x4}, which was not offered");
        }

        // RFC 9846 §4.2.4.
        if (retriedSuite is not null && hello.Suite != retriedSuite)
        {
            TransportException.ThrowAlert(TlsAlert.IllegalParameter, "TLS: the server changes the cipher suite after HelloRetryRequest");
        }
    }

    /// <summary>The server's share and our half for its group. <paramref name="retriedGroup"/> is what a HelloRetryRequest
    /// asked for, or None.</summary>
    public static ReadOnlySpan<byte> ReadShare(ServerHello hello, ClientOffer offer, NamedGroup retriedGroup, out IKeyShare own)
    {
        ReadOnlySpan<byte> data = hello.Extensions.Find(ExtensionType.KeyShare, ExtensionPlacement.ServerHello);
        ReadOnlySpan<byte> share = KeyShareExtension.ReadResponse(data, out NamedGroup group);

        // For a group that had a share, and for none but the one asked for. RFC 9846 §4.3.8.
        IKeyShare? found = offer.FindShare(group);
        if (found is null || (retriedGroup != NamedGroup.None && group != retriedGroup))
        {
            TransportException.ThrowAlert(TlsAlert.IllegalParameter, $"TLS: the server's key share is for group {group}, which had none");
        }

        own = found;
        return share;
    }

    /// <summary>Whether the server resumes the session that was offered. RFC 9846 §4.3.11.</summary>
    public static bool ReadsSession(ServerHello hello, ClientOffer offer)
    {
        if (!hello.Extensions.TryFind(ExtensionType.PreSharedKey, out ReadOnlySpan<byte> data))
        {
            return false;
        }

        // The one that was offered, with a suite of its hash. RFC 9846 §4.3.11.
        int selected = PreSharedKeyExtension.ReadResponse(data);
        if (selected != 0 || offer.Session is not { } session || Aeads.HashLength(session.Session.Suite) != Aeads.HashLength(hello.Suite))
        {
            TransportException.ThrowAlert(
                TlsAlert.IllegalParameter, $"TLS: the server resumes session {selected}, which was not offered or does not go with its cipher suite");
        }

        return true;
    }

    /// <summary>The group a HelloRetryRequest asks for, or None, and its cookie, or nothing.</summary>
    public static NamedGroup ReadRetry(ServerHello retry, out ReadOnlySpan<byte> cookie)
    {
        bool hasGroup = retry.Extensions.TryFind(ExtensionType.KeyShare, out ReadOnlySpan<byte> share);
        bool hasCookie = retry.Extensions.TryFind(ExtensionType.Cookie, out ReadOnlySpan<byte> cookieData);

        // It must change something. RFC 9846 §4.2.4.
        if (!hasGroup && !hasCookie)
        {
            TransportException.ThrowAlert(TlsAlert.IllegalParameter, "TLS: HelloRetryRequest asks for no change");
        }

        cookie = hasCookie ? CookieExtension.Read(cookieData) : default;
        NamedGroup group = hasGroup ? KeyShareExtension.ReadRetry(share) : NamedGroup.None;

        // None is our mark for "not asked for"; on the wire it is a group that was not offered. RFC 9846 §4.3.8.
        if (hasGroup && group == NamedGroup.None)
        {
            TransportException.ThrowAlert(TlsAlert.IllegalParameter, "TLS: HelloRetryRequest asks for group 0");
        }

        return group;
    }
}
