using System.Diagnostics.CodeAnalysis;
using Quiver.Diagnostics;
using Quiver.Protocol.Primitives;

namespace Quiver.Driving;

/// <summary>
/// The connections of the process on which streams cannot be opened for want of credit. When that lasts, and streams may have been
/// dropped undisposed, a garbage collection is asked for, on the thread pool: nothing else would find them, since a stalled connection
/// allocates nothing. One timer for all; it rests when nobody is starved.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "There is one, for the life of the process.")]
internal sealed class StarvedConnections
{
    /// <summary>How often to look when there is nothing to find, and at most.</summary>
    private static readonly TimeSpan s_rare = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_often = TimeSpan.FromMilliseconds(2);

    private readonly Lock _lock = new();
    private readonly HashSet<ConnectionDriver> _watched = [];
    private readonly CollectionPolicy _policy = new();
    private readonly Timer _timer;
    private bool _isRunning;

    private StarvedConnections()
    {
        _timer = new Timer(static state => ((StarvedConnections)state!).Look(), this, Timeout.Infinite, Timeout.Infinite);
    }

    public static StarvedConnections Shared { get; } = new();

    /// <summary>Told of each connection that is still starved after a full collection that freed nothing: its application holds the streams.</summary>
    public static Action<ConnectionDriver>? OnFreedNothing { get; set; }

    /// <summary>Keeps an eye on a connection until it is starved no more. Under the connection's lock.</summary>
    public void Watch(ConnectionDriver connection)
    {
        lock (_lock)
        {
            _watched.Add(connection);
            if (!_isRunning)
            {
                _isRunning = true;
                _timer.Change(NextLook(anyCandidate: true), Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Look()
    {
        ConnectionDriver[] watched;
        lock (_lock)
        {
            watched = [.. _watched];
        }

        TimeSpan patience = _policy.Patience(QuicDiagnostics.StarvationTimeout);
        var candidates = new List<ConnectionDriver>();
        bool isLong = false;
        foreach (ConnectionDriver connection in watched)
        {
            connection.Enter();
            try
            {
                if (!connection.Streams.Starvation.IsStarved)
                {
                    Unwatch(connection);
                }
                else if (connection.Streams.MayHoldLost)
                {
                    candidates.Add(connection);
                    isLong |= connection.Streams.Starvation.IsLong(patience, connection.Now);
                }
            }
            finally
            {
                connection.Leave();
            }
        }

        if (isLong && QuicDiagnostics.RequestCollections)
        {
            Act(candidates);
        }

        lock (_lock)
        {
            _isRunning = _watched.Count > 0;
            if (_isRunning)
            {
                _timer.Change(NextLook(candidates.Count > 0), Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>
    /// Under the connection's lock, flag and list together: one that is starved again right afterwards must find itself unwatched, or
    /// nobody would look at it again.
    /// </summary>
    private void Unwatch(ConnectionDriver connection)
    {
        connection.Streams.OnUnwatched();
        lock (_lock)
        {
            _watched.Remove(connection);
        }
    }

    private void Act(List<ConnectionDriver> candidates)
    {
        Timestamp start = MonotonicClock.Now;
        switch (_policy.Next(Leaks.Count(LeakKind.Stream), start))
        {
            case CollectionStep.Young:
                GC.Collect(1, GCCollectionMode.Forced, blocking: true);
                break;
            case CollectionStep.Full:
                GC.Collect(2, GCCollectionMode.Forced, blocking: false);
                break;
            case CollectionStep.GiveUp:
                candidates.ForEach(connection => OnFreedNothing?.Invoke(connection));
                return;
            default:
                return;
        }

        Timestamp end = MonotonicClock.Now;
        _policy.OnDone(end - start, end);
    }

    private TimeSpan NextLook(bool anyCandidate)
    {
        TimeSpan next = anyCandidate ? _policy.Patience(QuicDiagnostics.StarvationTimeout) / 2 : s_rare;
        return next < s_often ? s_often : next > s_rare ? s_rare : next;
    }
}
