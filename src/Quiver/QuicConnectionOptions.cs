using Quiver.Protocol.Connections;
using Quiver.Validation;

namespace Quiver;

/// <summary>What the two kinds of connection options share. Both error codes must be set; everything else has a default.</summary>
public abstract class QuicConnectionOptions
{
    private protected QuicConnectionOptions()
    {
    }

    /// <summary>How many bidirectional streams the peer may have open at once, 0 to 65535. Default: 0 on a client, 100 on a server.</summary>
    public int MaxInboundBidirectionalStreams { get; set; }

    /// <summary>How many unidirectional streams the peer may have open at once, 0 to 65535. Default: 0 on a client, 10 on a server.</summary>
    public int MaxInboundUnidirectionalStreams { get; set; }

    /// <summary>
    /// The connection ends when nothing was heard for so long; of both ends' values the smaller counts (RFC 9000 §10.1).
    /// <see cref="TimeSpan.Zero"/>, the default, means 30 seconds; <see cref="Timeout.InfiniteTimeSpan"/> means never.
    /// </summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.Zero;

    /// <summary>The code that streams end with when no call gives one (a cancelled read, a dispose): 0 to 2^62-1. Must be set.</summary>
    public long DefaultStreamErrorCode { get; set; } = -1;

    /// <summary>The code that <see cref="QuicConnection.DisposeAsync"/> closes with: 0 to 2^62-1. Must be set.</summary>
    public long DefaultCloseErrorCode { get; set; } = -1;

    /// <summary>How much the peer may send ahead of what the application reads.</summary>
    public QuicReceiveWindowSizes InitialReceiveWindowSizes { get; set; } = new();

    /// <summary>After so long a silence a PING goes out. <see cref="Timeout.InfiniteTimeSpan"/>, the default, and zero mean never.</summary>
    public TimeSpan KeepAliveInterval { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// The handshake fails after so long. Default: 10 seconds; <see cref="Timeout.InfiniteTimeSpan"/> means no limit.
    /// On a server it counts from the return of the options callback (until then <see cref="QuicListenerOptions.ClientHelloTimeout"/> applies), and zero fails at once.
    /// </summary>
    public TimeSpan HandshakeTimeout { get; set; } = QuicDefaults.HandshakeTimeout;

    /// <summary>
    /// How long <see cref="QuicConnection.CloseAsync"/> waits at most until the peer has what was written before. Default: 5 seconds; zero
    /// closes at once, <see cref="Timeout.InfiniteTimeSpan"/> waits for as long as the connection lives.
    /// </summary>
    public TimeSpan CloseTimeout { get; set; } = QuicDefaults.CloseTimeout;

    /// <summary>
    /// Told when the peer lets us open more streams: once with its first limits, then with each increase. Runs on the thread pool, one
    /// call at a time, perhaps before ConnectAsync has returned; what it throws is ignored.
    /// </summary>
    public Action<QuicConnection, QuicStreamCapacityChangedArgs>? StreamCapacityCallback { get; set; }

    /// <summary>
    /// Whether the peer may send unreliable datagrams (RFC 9221); off by default. To send some, the peer must have allowed it: see
    /// <see cref="QuicConnection.MaxDatagramSize"/>.
    /// </summary>
    public bool EnableDatagrams { get; set; }

    /// <summary>
    /// Gets the datagrams that come, instead of <see cref="QuicConnection.ReceiveDatagramAsync"/>. Runs on the thread pool, one call at a
    /// time; what it throws is logged and ignored. While it runs, up to 1 MiB of datagrams wait, and more are dropped.
    /// </summary>
    public QuicDatagramReceivedCallback? DatagramReceivedCallback { get; set; }

    /// <summary>
    /// Told what became of each datagram that was sent. Runs on the thread pool, one call at a time; what it throws is logged and ignored.
    /// </summary>
    public Action<QuicConnection, QuicDatagramOutcome>? DatagramOutcomeCallback { get; set; }

    /// <summary>
    /// After so long the connection ids of both ends are replaced, while packets come, so that an observer cannot follow the connection by them for
    /// longer. <see cref="Timeout.InfiniteTimeSpan"/>, the default, and zero mean never: ids change when the path does. RFC 9000 §5.1.2, §9.5.
    /// </summary>
    public TimeSpan ConnectionIdLifetime { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// After so many packets this side changes its keys (RFC 9001 §6): 1 to 4,194,304, which is the default and half of what AES-GCM stands.
    /// Before each further change the peer must have acknowledged a packet under the keys of the last.
    /// </summary>
    public long MaxPacketsPerKey { get; set; } = QuicDefaults.MaxPacketsPerKey;

    /// <summary>How this side decides how much may be under way. Default: <see cref="QuicCongestionControl.Cubic"/>.</summary>
    public QuicCongestionControl CongestionControl { get; set; }

    internal virtual void Validate(string argumentName)
    {
        Require.InRange(argumentName, MaxInboundBidirectionalStreams, QuicDefaults.MaxStreamLimit);
        Require.InRange(argumentName, MaxInboundUnidirectionalStreams, QuicDefaults.MaxStreamLimit);
        Require.NotNegative(argumentName, IdleTimeout);
        Require.NotNegative(argumentName, KeepAliveInterval);
        Require.InRange(argumentName, DefaultStreamErrorCode, QuicDefaults.MaxErrorCode);
        Require.InRange(argumentName, DefaultCloseErrorCode, QuicDefaults.MaxErrorCode);
        Require.NotNegative(argumentName, HandshakeTimeout);
        Require.NotNegative(argumentName, CloseTimeout);
        Require.NotNegative(argumentName, ConnectionIdLifetime);
        if (MaxPacketsPerKey is < 1 or > QuicDefaults.MaxPacketsPerKey)
        {
            throw new ArgumentOutOfRangeException(
                argumentName, MaxPacketsPerKey, $"'{nameof(MaxPacketsPerKey)}' must be 1 to {QuicDefaults.MaxPacketsPerKey}.");
        }

        if (CongestionControl is not (QuicCongestionControl.Cubic or QuicCongestionControl.NewReno))
        {
            throw new ArgumentOutOfRangeException(argumentName, CongestionControl, $"'{nameof(CongestionControl)}' must be a value of {nameof(QuicCongestionControl)}.");
        }

        Require.NotNull(argumentName, InitialReceiveWindowSizes);
        InitialReceiveWindowSizes.Validate(argumentName);
    }

    /// <summary>The same for the core, whose zero means "no limit" where ours says infinite.</summary>
    internal ConnectionSettings ToSettings(TimeSpan handshakeTimeout) => new()
    {
        MaxInboundBidirectionalStreams = MaxInboundBidirectionalStreams,
        MaxInboundUnidirectionalStreams = MaxInboundUnidirectionalStreams,
        IdleTimeout = IdleTimeout == TimeSpan.Zero ? QuicDefaults.IdleTimeout : ZeroIfInfinite(IdleTimeout),
        KeepAliveInterval = ZeroIfInfinite(KeepAliveInterval),
        HandshakeTimeout = ZeroIfInfinite(handshakeTimeout),
        ConnectionReceiveWindow = (ulong)InitialReceiveWindowSizes.Connection,
        LocalBidirectionalReceiveWindow = (ulong)InitialReceiveWindowSizes.LocallyInitiatedBidirectionalStream,
        RemoteBidirectionalReceiveWindow = (ulong)InitialReceiveWindowSizes.RemotelyInitiatedBidirectionalStream,
        UnidirectionalReceiveWindow = (ulong)InitialReceiveWindowSizes.UnidirectionalStream,
        MaxPacketsPerKey = (ulong)MaxPacketsPerKey,
        UsesNewReno = CongestionControl == QuicCongestionControl.NewReno,
        DefaultStreamErrorCode = (ulong)DefaultStreamErrorCode,
        UnixMillisecondsAtZero = Driving.MonotonicClock.UnixMillisecondsAtZero,
        MaxDatagramFrameSize = EnableDatagrams ? QuicDefaults.MaxDatagramFrameSize : 0,
        ConnectionIdLifetime = ZeroIfInfinite(ConnectionIdLifetime),
        Random = Driving.SystemRandomSource.Instance,
    };

    private static TimeSpan ZeroIfInfinite(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? TimeSpan.Zero : time;
}
