using System.Runtime.CompilerServices;

namespace Quiver.Http3.Client;

/// <summary>
/// Keeps the server's SETTINGS beside the session tickets of a connection, so that early data of the next keeps to them. For one connection;
/// what is remembered lives as long as its ticket. RFC 9114 §7.2.4.2.
/// </summary>
internal sealed class RememberingTicketStore(ISessionTicketStore inner) : ISessionTicketStore
{
    private static readonly ConditionalWeakTable<SessionTicket, RememberedSettings> s_settings = [];

    private readonly RememberedSettings _own = new();

    /// <summary>Of the session that is resumed; null: unknown, so that the defaults count.</summary>
    public Http3Settings? Taken { get; private set; }

    /// <summary>Null when there is no resumption.</summary>
    public static RememberingTicketStore? Wrap(QuicClientConnectionOptions options)
    {
        if (!options.ClientAuthenticationOptions.AllowTlsResume)
        {
            return null;
        }

        RememberingTicketStore wrapped = new(options.SessionTickets ?? SessionTicketStore.Shared);
        options.SessionTickets = wrapped;
        return wrapped;
    }

    public void Add(string scope, SessionTicket ticket)
    {
        s_settings.Add(ticket, _own);
        inner.Add(scope, ticket);
    }

    public SessionTicket? Take(string scope)
    {
        SessionTicket? ticket = inner.Take(scope);
        if (ticket is not null && s_settings.TryGetValue(ticket, out RememberedSettings? settings))
        {
            Taken = settings.Value;
        }

        return ticket;
    }

    /// <summary>The settings of this connection came.</summary>
    public void Remember(Http3Settings settings) => _own.Value = settings;
}
