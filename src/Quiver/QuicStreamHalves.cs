namespace Quiver;

/// <summary>
/// How far a live stream is from its end: which halves are still open, seen from this side. A one-way stream counts the half that it
/// lacks as ended.
/// </summary>
public enum QuicStreamHalves
{
    /// <summary>Nothing has ended: of a one-way stream its only half is open.</summary>
    Open,

    /// <summary>We have finished or reset our writing, and the peer has not finished. Ends with reading to the end, <see cref="QuicStream.CloseRead()"/> or dispose.</summary>
    WriteFinished,

    /// <summary>We have read to the end or given up reading, and have not finished our writing. Ends with <see cref="QuicStream.CloseWrite()"/> or dispose.</summary>
    ReadFinished,

    /// <summary>
    /// Both sides have finished, and what arrived is unread: it stays charged to the connection's receive window. Ends with reading to the
    /// end, <see cref="QuicStream.CloseRead()"/> or dispose.
    /// </summary>
    FinishedUnread,

    /// <summary>Nothing is left for the application to do; the peer has not yet acknowledged or answered.</summary>
    Closing,

    /// <summary>The peer opened it, and the application has not accepted it.</summary>
    NotAccepted,
}
