using System.Diagnostics;

namespace Quiver.Http3.Handler;

/// <summary>A connection of a pool: whether it takes requests, since when it is idle, and what the metrics tell of it.</summary>
internal sealed class PooledConnection
{
    private readonly Lock _lock = new();
    private readonly Http3Handler _options;
    private readonly ClientMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly TagList _tags;
    private readonly long _createdAt;
    private long _idleSince;
    private bool _isActive;
    private bool _hasEnded;

    private PooledConnection(Http3ClientConnection client, Route route, Http3Handler options, ClientMetrics metrics, TimeProvider time)
    {
        Client = client;
        _options = options;
        _metrics = metrics;
        _time = time;
        _createdAt = time.GetTimestamp();
        _idleSince = _createdAt;
        _tags = ClientMetrics.ConnectionTags(route, client.Connection.RemoteEndPoint.Address.ToString());
        _metrics.OnConnectionState(_tags, isActive: false, 1);
        client.StateChanged += (_, _) => OnStateChanged();
        OnStateChanged();
        _ = FollowAsync();
    }

    public Http3ClientConnection Client { get; }

    /// <summary>Whether it gets new requests.</summary>
    public bool IsUsable => Client.CanSend && !HasPassed(_options.PooledConnectionLifetime, _createdAt);

    /// <summary>Whether requests go out before the server has proven who it is.</summary>
    public bool IsEarly => Client.Connection.EarlyDataState == QuicEarlyDataState.Pending;

    /// <summary>Whether it can go: too old, or idle for too long.</summary>
    public bool IsSurplus
    {
        get
        {
            lock (_lock)
            {
                return HasPassed(_options.PooledConnectionLifetime, _createdAt)
                    || (!_isActive && HasPassed(_options.PooledConnectionIdleTimeout, _idleSince));
            }
        }
    }

    /// <exception cref="Http3ConnectException">No connection could be made.</exception>
    public static async Task<PooledConnection> ConnectAsync(Route route, Http3Handler options, ClientMetrics metrics, TimeProvider time)
    {
        Http3ClientConnection client = await PooledConnector.ConnectAsync(route, options, time).ConfigureAwait(false);
        return new PooledConnection(client, route, options, metrics, time);
    }

    /// <summary>Lets the requests under way end, then closes.</summary>
    public void Close() => _ = CloseAsync();

    /// <summary>Closes now; requests under way fail.</summary>
    public void Abort() => _ = AbortAsync();

    private async Task CloseAsync()
    {
        try
        {
            await Client.CloseAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (QuicException)
        {
            // It ended by itself meanwhile; its requests have been told.
        }
    }

    private async Task AbortAsync() => await Client.DisposeAsync().ConfigureAwait(false);

    private bool HasPassed(TimeSpan span, long since) => span != Timeout.InfiniteTimeSpan && _time.GetElapsedTime(since) >= span;

    private void OnStateChanged()
    {
        lock (_lock)
        {
            // Under the lock: events of several threads may come out of order.
            bool isActive = Client.ActiveRequests > 0;
            if (isActive == _isActive || _hasEnded)
            {
                return;
            }

            _isActive = isActive;
            _idleSince = _time.GetTimestamp();
            _metrics.OnConnectionState(_tags, !isActive, -1);
            _metrics.OnConnectionState(_tags, isActive, 1);
        }
    }

    private async Task FollowAsync()
    {
        await Client.Closed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            _hasEnded = true;
            _metrics.OnConnectionState(_tags, _isActive, -1);
        }

        _metrics.OnConnectionEnded(_tags, _time.GetElapsedTime(_createdAt));
        await Client.DisposeAsync().ConfigureAwait(false);
    }
}
