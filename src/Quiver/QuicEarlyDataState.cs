namespace Quiver;

/// <summary>What became of a connection's early data (0-RTT). RFC 9001 §4.6.</summary>
public enum QuicEarlyDataState
{
    /// <summary>None was sent or offered: an ordinary handshake.</summary>
    None = 0,

    /// <summary>On a client: it may be sent, and the server has not said yet whether it takes it.</summary>
    Pending = 1,

    /// <summary>The server took it.</summary>
    Accepted = 2,

    /// <summary>The server did not take it. Streams that a client opened before fail with <see cref="QuicError.EarlyDataRejected"/>.</summary>
    Rejected = 3,
}
