namespace Quiver;

/// <summary>
/// Where a client keeps session tickets between connections. Must be thread-safe. Set it by
/// <see cref="QuicClientConnectionOptions.SessionTickets"/>; without one, <see cref="SessionTicketStore.Shared"/> serves.
/// </summary>
public interface ISessionTicketStore
{
    /// <summary>Keeps a ticket. Runs on the thread pool.</summary>
    /// <param name="scope">What the ticket is good for: server, port, application protocols and client certificate, in one opaque string.</param>
    /// <param name="ticket">The ticket; it holds a secret.</param>
    void Add(string scope, SessionTicket ticket);

    /// <summary>
    /// Takes a ticket out, the newest that has not expired; null when there is none. A ticket should be given out once only: who sees it twice
    /// knows that both connections are of one client. RFC 9846 §C.4.
    /// </summary>
    /// <param name="scope">As in <see cref="Add"/>; compare it ordinally.</param>
    SessionTicket? Take(string scope);
}
