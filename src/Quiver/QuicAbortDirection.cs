namespace Quiver;

/// <summary>Which half, or both, of a stream <see cref="QuicStream.Abort"/> ends.</summary>
[Flags]
public enum QuicAbortDirection
{
    /// <summary>The half that we read: the peer is asked to stop (STOP_SENDING). RFC 9000 §3.5.</summary>
    Read = 1,

    /// <summary>The half that we write: what is not yet delivered is given up (RESET_STREAM). RFC 9000 §3.1.</summary>
    Write = 2,

    /// <summary>Both halves.</summary>
    Both = Read | Write,
}
