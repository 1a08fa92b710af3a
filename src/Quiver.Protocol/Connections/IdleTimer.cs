using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Connections;

/// <summary>Idle time-out and keep-alive. RFC 9000 §10.1.</summary>
internal sealed class IdleTimer
{
    private TimeSpan _timeout;
    private TimeSpan _keepAlive;
    private Timestamp _lastActivity;
    private Timestamp _lastSent;
    private bool _sentSinceReceived;

    /// <summary>When the connection ends silently.</summary>
    public Timestamp Deadline { get; private set; } = Timestamp.Never;

    /// <summary>When a PING is due.</summary>
    public Timestamp KeepAliveDeadline { get; private set; } = Timestamp.Never;

    /// <summary>Sets the time-outs; Zero is none. Both ends' idle time-outs count, the smaller decides. RFC 9000 §10.1.</summary>
    public void Configure(TimeSpan local, TimeSpan peer, TimeSpan keepAlive, TimeSpan probeTimeout, Timestamp now)
    {
        _timeout = local == TimeSpan.Zero ? peer : peer == TimeSpan.Zero ? local : TimeSpan.FromTicks(Math.Min(local.Ticks, peer.Ticks));
        _keepAlive = keepAlive;
        _lastActivity = now;
        Restart(probeTimeout, now);
    }

    public void OnReceived(TimeSpan probeTimeout, Timestamp now)
    {
        _sentSinceReceived = false;
        _lastActivity = now;
        Restart(probeTimeout, now);
    }

    /// <summary>Only the first ack-eliciting packet after something was received restarts the timer. RFC 9000 §10.1.</summary>
    public void OnAckElicitingSent(TimeSpan probeTimeout, Timestamp now)
    {
        _lastSent = now;
        if (!_sentSinceReceived)
        {
            _sentSinceReceived = true;
            _lastActivity = now;
            Restart(probeTimeout, now);
        }
        else if (_keepAlive > TimeSpan.Zero)
        {
            KeepAliveDeadline = now + _keepAlive;
        }
    }

    public void OnKeepAlive(Timestamp now) => KeepAliveDeadline = now + _keepAlive;

    private void Restart(TimeSpan probeTimeout, Timestamp now)
    {
        if (_timeout > TimeSpan.Zero)
        {
            // At least three probe time-outs, so that losses alone do not end it. RFC 9000 §10.1.
            TimeSpan minimum = 3 * probeTimeout;
            Deadline = _lastActivity + (_timeout > minimum ? _timeout : minimum);
        }
        else
        {
            Deadline = Timestamp.Never;
        }

        KeepAliveDeadline = _keepAlive > TimeSpan.Zero ? Timestamp.Max(_lastSent, now) + _keepAlive : Timestamp.Never;
    }
}
