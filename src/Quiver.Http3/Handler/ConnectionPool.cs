using System.Diagnostics.CodeAnalysis;

namespace Quiver.Http3.Handler;

/// <summary>
/// The connections of one route: one, unless several are wanted and its streams are all in use. An attempt to connect belongs to no request,
/// so that a request that is cancelled does not end it for the others.
/// </summary>
internal sealed class ConnectionPool(Route route, Http3Handler options, ClientMetrics metrics, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly List<PooledConnection> _connections = [];
    private Task<PooledConnection>? _connecting;
    private bool _isEnded;

    /// <summary>A connection that takes a request now.</summary>
    public bool TryTake([NotNullWhen(true)] out PooledConnection? connection)
    {
        lock (_lock)
        {
            connection = null;
            foreach (PooledConnection candidate in _connections)
            {
                if (candidate.IsUsable && (!options.EnableMultipleHttp3Connections || candidate.Client.AvailableStreams is not <= 0))
                {
                    connection = candidate;
                    return true;
                }
            }

            // All streams are in use, or there is no connection: another one is needed.
            return false;
        }
    }

    /// <summary>The attempt to connect, a new one if there is none. False: the pool has ended.</summary>
    public bool TryConnect([NotNullWhen(true)] out Task<PooledConnection>? connecting)
    {
        lock (_lock)
        {
            connecting = _isEnded ? null : _connecting ??= StartConnectingAsync();
            return connecting is not null;
        }
    }

    /// <summary>Lets idle and old connections go; true, once, when none is left.</summary>
    public bool TryEnd()
    {
        bool isEnded;
        List<PooledConnection> surplus;
        lock (_lock)
        {
            surplus = TakeSurplus();
            isEnded = _isEnded = _connections.Count == 0 && _connecting is null;
        }

        surplus.ForEach(connection => connection.Close());
        return isEnded;
    }

    public void Abort()
    {
        PooledConnection[] connections;
        lock (_lock)
        {
            _isEnded = true;
            connections = [.. _connections];
            _connections.Clear();
        }

        foreach (PooledConnection connection in connections)
        {
            connection.Abort();
        }
    }

    /// <summary>Connections that get no more requests; the caller closes them outside of the lock.</summary>
    private List<PooledConnection> TakeSurplus()
    {
        List<PooledConnection> surplus = _connections.FindAll(c => c.IsSurplus || !c.IsUsable);
        _connections.RemoveAll(surplus.Contains);
        return surplus;
    }

    private Task<PooledConnection> StartConnectingAsync()
    {
        // Nothing of the request that happened to be first, as its activity, may go with the connection.
        bool isFlowing = !ExecutionContext.IsFlowSuppressed();
        AsyncFlowControl flow = isFlowing ? ExecutionContext.SuppressFlow() : default;
        try
        {
            return ConnectAsync();
        }
        finally
        {
            if (isFlowing)
            {
                flow.Undo();
            }
        }
    }

    private async Task<PooledConnection> ConnectAsync()
    {
        // The caller holds the lock, and the application may be asked to connect.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            PooledConnection connection = await PooledConnection.ConnectAsync(route, options, metrics, time).ConfigureAwait(false);
            List<PooledConnection> surplus = [connection];
            lock (_lock)
            {
                _connecting = null;
                if (!_isEnded)
                {
                    surplus = TakeSurplus();
                    _connections.Add(connection);
                }
            }

            surplus.ForEach(c => c.Close());
            return connection;
        }
        catch
        {
            lock (_lock)
            {
                _connecting = null;
            }

            throw;
        }
    }
}
