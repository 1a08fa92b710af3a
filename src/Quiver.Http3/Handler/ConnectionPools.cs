using System.Collections.Concurrent;
using System.Diagnostics;

namespace Quiver.Http3.Handler;

/// <summary>The pools of a handler, one a route, and the clock that lets idle and old connections go. A pool that is empty goes too.</summary>
internal sealed class ConnectionPools : IDisposable
{
    private readonly ConcurrentDictionary<Route, ConnectionPool> _pools = new();
    private readonly Http3Handler _options;
    private readonly TimeProvider _time;
    private readonly ITimer _cleaning;
    private volatile bool _isDisposed;

    public ConnectionPools(Http3Handler options, TimeProvider time)
    {
        _options = options;
        _time = time;

        // Weak: the timer must not hold a handler that was dropped undisposed.
        _cleaning = time.CreateTimer(
            static state =>
            {
                if (((WeakReference<ConnectionPools>)state!).TryGetTarget(out ConnectionPools? pools)) // Given below.
                {
                    pools.Clean();
                }
            },
            new WeakReference<ConnectionPools>(this),
            CleaningInterval(options),
            CleaningInterval(options));
    }

    public async ValueTask<PooledConnection> GetAsync(
        HttpRequestMessage request, Route route, ClientMetrics metrics, CancellationToken cancellationToken)
    {
        while (true)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(Http3Handler));
            ConnectionPool pool = _pools.GetOrAdd(
                route, static (r, context) => new ConnectionPool(r, context._options, context.Metrics, context._time), (_options, Metrics: metrics, _time));
            if (pool.TryTake(out PooledConnection? ready))
            {
                return ready;
            }

            long startedAt = Stopwatch.GetTimestamp();
            if (pool.TryConnect(out Task<PooledConnection>? connecting))
            {
                PooledConnection connection = await WaitAsync(connecting, cancellationToken).ConfigureAwait(false);
                metrics.OnQueued(request, Stopwatch.GetElapsedTime(startedAt));
                if (_isDisposed)
                {
                    connection.Abort();
                }

                return connection;
            }

            // The pool ended as it was found.
            _pools.TryRemove(new KeyValuePair<Route, ConnectionPool>(route, pool));
        }
    }

    public void Dispose()
    {
        _isDisposed = true;
        _cleaning.Dispose();
        foreach (ConnectionPool pool in _pools.Values)
        {
            pool.Abort();
        }
    }

    /// <summary>Who stops waiting may be the last one; the attempt's failure is then nobody's.</summary>
    private static async Task<PooledConnection> WaitAsync(Task<PooledConnection> connecting, CancellationToken cancellationToken)
    {
        try
        {
            return await connecting.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _ = connecting.ContinueWith(
                static t => t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }
    }

    private void Clean()
    {
        foreach ((Route route, ConnectionPool pool) in _pools)
        {
            if (pool.TryEnd())
            {
                _pools.TryRemove(new KeyValuePair<Route, ConnectionPool>(route, pool));
            }
        }
    }

    /// <summary>Often enough for the shortest time that the options have; between one second and thirty.</summary>
    private static TimeSpan CleaningInterval(Http3Handler options)
    {
        TimeSpan shortest = TimeSpan.FromMinutes(2);
        foreach (TimeSpan time in (ReadOnlySpan<TimeSpan>)[options.PooledConnectionIdleTimeout, options.PooledConnectionLifetime])
        {
            shortest = time != Timeout.InfiniteTimeSpan && time < shortest ? time : shortest;
        }

        return TimeSpan.FromSeconds(Math.Clamp(shortest.TotalSeconds / 4, 1, 30));
    }
}
