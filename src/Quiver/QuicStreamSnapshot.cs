namespace Quiver;

/// <summary>One live stream at one moment; see <see cref="QuicDiagnostics.Snapshot"/>.</summary>
public sealed class QuicStreamSnapshot
{
    internal QuicStreamSnapshot()
    {
    }

    /// <summary>The stream's number on the wire. RFC 9000 §2.1.</summary>
    public long Id { get; internal init; }

    /// <summary>One direction or both.</summary>
    public QuicStreamType Type { get; internal init; }

    /// <summary>Whether this side opened it.</summary>
    public bool IsLocal { get; internal init; }

    /// <summary>Which halves are open.</summary>
    public QuicStreamHalves Halves { get; internal init; }

    /// <summary>How long ago it was opened.</summary>
    public TimeSpan Age { get; internal init; }

    /// <summary>How long ago the application last accepted it, read from it or wrote to it; its age, if never.</summary>
    public TimeSpan Untouched { get; internal init; }

    /// <summary>Bytes written and not yet acknowledged by the peer.</summary>
    public long SendBuffered { get; internal init; }

    /// <summary>Bytes received and not yet read.</summary>
    public long ReceiveBuffered { get; internal init; }

    /// <summary>
    /// The stack that opened or accepted it, if <see cref="QuicDiagnostics.CaptureLeakStacks"/> was on then; null otherwise, or if it is not
    /// accepted.
    /// </summary>
    public string? OpenedBy { get; internal init; }
}
