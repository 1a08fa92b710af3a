using Quiver.Protocol.Primitives;
using Quiver.Protocol.Streams;

namespace Quiver.Protocol.Connections;

/// <summary>
/// A close that waits until the peer has acknowledged what was written to streams, since CONNECTION_CLOSE ends all of it (RFC 9000
/// §10.2), but not for ever: a peer that does not read would hold it up.
/// </summary>
internal sealed class CloseFlush(ConnectionState state, ConnectionCloser closer)
{
    private CloseReason? _reason;

    /// <summary>When the wait ends at the latest.</summary>
    public Timestamp Deadline { get; private set; } = Timestamp.Never;

    private bool IsFlushed
    {
        get
        {
            if (state.Streams is { } streams)
            {
                foreach (QuicStreamState stream in streams.Table.Streams)
                {
                    if (stream.Send is { HasUndelivered: true })
                    {
                        return false;
                    }
                }
            }

            return true;
        }
    }

    /// <summary>Closes now, or as soon as everything is delivered or the deadline is reached. A second call does nothing.</summary>
    public void Begin(CloseReason reason, Timestamp deadline, Timestamp now)
    {
        if (_reason is null)
        {
            _reason = reason;
            Deadline = deadline;
            TryClose(now);
        }
    }

    /// <summary>To be called when something was acknowledged, and at the deadline.</summary>
    public void TryClose(Timestamp now)
    {
        if (_reason is not null && !state.IsClosing && (now >= Deadline || IsFlushed))
        {
            Deadline = Timestamp.Never;
            closer.Close(_reason, now);
        }
    }
}
