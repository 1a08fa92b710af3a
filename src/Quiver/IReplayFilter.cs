namespace Quiver;

/// <summary>
/// Tells whether early data came before: an attacker can send a client's first flight again, to the same server or another. Must be
/// thread-safe; one filter may serve several listeners, and must when they share ticket keys. RFC 9846 §8.
/// </summary>
public interface IReplayFilter
{
    /// <summary>
    /// True for an attempt that was not seen before, which is then remembered; false refuses its early data (the handshake goes on).
    /// When in doubt, false. Called on the thread pool once all else speaks for taking the early data.
    /// </summary>
    /// <param name="attempt">Bytes that stand for this one attempt: the random of a ClientHello that was authenticated.</param>
    /// <param name="ticketIssuedAt">When the ticket was given out. Early data is considered at all only when the client's idea of the ticket's
    /// age is within ten seconds of the server's, so an attempt needs to be remembered for twenty.</param>
    bool TryAccept(ReadOnlySpan<byte> attempt, DateTimeOffset ticketIssuedAt);
}
