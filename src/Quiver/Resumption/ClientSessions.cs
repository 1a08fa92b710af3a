using System.Net.Security;
using System.Security.Cryptography;
using Quiver.Diagnostics;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Resumption;
using Quiver.Protocol.TransportParameters;

namespace Quiver.Resumption;

/// <summary>The tickets of one client connection: the one it offers, and those it gets.</summary>
internal sealed class ClientSessions
{
    /// <summary>Tickets taken from one connection; more are dropped.</summary>
    private const int MaxTickets = 16;

    private readonly ISessionTicketStore _store;
    private readonly string _scope;
    private readonly VerificationMark _verification;
    private int _kept;

    private ClientSessions(ISessionTicketStore store, string scope, VerificationMark verification)
    {
        _store = store;
        _scope = scope;
        _verification = verification;
    }

    /// <summary>Null when the options want no resumption.</summary>
    public static ClientSessions? For(QuicClientConnectionOptions options, string targetHost, int port, TlsCertificate? clientCertificate)
    {
        SslClientAuthenticationOptions tls = options.ClientAuthenticationOptions;
        if (!tls.AllowTlsResume)
        {
            return null;
        }

        // Another identity, or another protocol, never meets this one's tickets.
        string identity = clientCertificate is null ? "none" : Convert.ToHexStringLower(SHA256.HashData(clientCertificate.Chain[0].Span));
        string protocols = string.Join(',', tls.ApplicationProtocols!.Select(x => Convert.ToHexStringLower(x.Protocol.Span))); // Validated.
        string scope = $"{targetHost.ToLowerInvariant()}:{port} {protocols} {identity}";
        return new ClientSessions(options.SessionTickets ?? SessionTicketStore.Shared, scope, VerificationMark.Of(tls));
    }

    /// <summary>The ticket to offer, of the first version that has one, taken out of the store; null when there is none that is any good.</summary>
    public SessionTicket? Take(IReadOnlyList<QuicVersion> versions)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        foreach (QuicVersion version in versions)
        {
            // A store may give what it likes, and a ticket is of one version. RFC 9369 §5.
            if (_store.Take(ScopeOf(version)) is { } ticket && ticket.ExpiresAt > now && ticket.ReceivedAt <= now && (QuicVersion)ticket.Session.Version == version)
            {
                return ticket;
            }
        }

        return null;
    }

    /// <summary>Under other rules than those that found the server's certificate good, it is judged again, and nothing is sent before.</summary>
    public SessionOffer Offer(SessionTicket ticket, bool withEarlyData)
    {
        bool isTrusted = _verification.IsSame(ticket.Verification);
        return new SessionOffer(ticket.Session)
        {
            Age = DateTimeOffset.UtcNow - ticket.ReceivedAt,
            WithEarlyData = withEarlyData && isTrusted,
            NeedsVerdict = !isTrusted,
        };
    }

    /// <summary>A ticket came. <paramref name="certificateExpires"/> is the end of the server's certificate, or later.</summary>
    public void Keep(TlsSession session, TransportParameterSet parameters, DateTimeOffset certificateExpires)
    {
        if (_kept++ >= MaxTickets)
        {
            return;
        }

        DateTimeOffset now = DateTimeOffset.UtcNow;
        DateTimeOffset expires = now + session.Lifetime;
        if (certificateExpires > now && certificateExpires < expires)
        {
            expires = certificateExpires;
        }

        var ticket = new SessionTicket(session, parameters, _verification, now, expires);
        if (_store is SessionTicketStore own)
        {
            own.Add(ScopeOf((QuicVersion)session.Version), ticket);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(static x => x.Self.Add(x.Ticket), (Self: this, Ticket: ticket), preferLocal: false);
        }
    }

    private string ScopeOf(QuicVersion version) => $"{_scope} {version}";

    private void Add(SessionTicket ticket)
    {
        try
        {
            _store.Add(ScopeOf((QuicVersion)ticket.Session.Version), ticket);
        }
        catch (Exception e)
        {
            QuiverLog.TicketStoreFailed(QuicDiagnostics.Logger, e);
        }
    }
}
