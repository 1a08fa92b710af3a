using Quiver.Driving;

namespace Quiver.Diagnostics;

/// <summary>
/// The connections that live, for those who ask. A connection enters and leaves once, each time under the lock of one of several parts, so
/// that loops do not wait for each other; it is held no longer than its loop holds it.
/// </summary>
internal static class LiveConnections
{
    private static readonly Part[] s_parts = [new(), new(), new(), new(), new(), new(), new(), new()];
    private static int s_next;

    static LiveConnections()
    {
        StarvedConnections.OnFreedNothing = StreamWatch.OnFreedNothing;
    }

    /// <summary>The connection exists.</summary>
    public static void Add(ConnectionDriver connection)
    {
        QuiverMetrics.EnsureCreated();
        int part = Interlocked.Increment(ref s_next) & (s_parts.Length - 1);
        s_parts[part].Add(connection, part);
    }

    /// <summary>Under the connection's lock: it is forgotten, and all its streams with it.</summary>
    public static void Remove(ConnectionDriver connection) => s_parts[connection.Registration.Part].Remove(connection);

    /// <summary>Whoever lives now.</summary>
    public static List<ConnectionDriver> List() => List(census: null);

    /// <summary>The streams of all connections, with those that connections which are gone had opened.</summary>
    public static StreamCensus TakeCensus()
    {
        var census = new StreamCensus();
        foreach (ConnectionDriver connection in List(census))
        {
            connection.Enter();
            try
            {
                census.Add(connection);
            }
            finally
            {
                connection.Leave();
            }
        }

        return census;
    }

    private static List<ConnectionDriver> List(StreamCensus? census)
    {
        List<ConnectionDriver> all = [];
        foreach (Part part in s_parts)
        {
            part.CopyTo(all, census);
        }

        return all;
    }

    private sealed class Part
    {
        private readonly Lock _lock = new();
        private readonly List<ConnectionDriver> _connections = [];
        private readonly long[] _gone = new long[StreamKinds.Openers];

        public void Add(ConnectionDriver connection, int part)
        {
            lock (_lock)
            {
                connection.Registration = (part, _connections.Count);
                _connections.Add(connection);
            }
        }

        public void Remove(ConnectionDriver connection)
        {
            lock (_lock)
            {
                // The last one takes its place.
                (int part, int index) = connection.Registration;
                ConnectionDriver last = _connections[^1];
                _connections[index] = last;
                last.Registration = (part, index);
                _connections.RemoveAt(_connections.Count - 1);
                for (int opener = 0; opener < _gone.Length; opener++)
                {
                    _gone[opener] += StreamCensus.OpenedBy(connection, opener);
                }
            }
        }

        /// <summary>A connection is either in the list or among those gone, so that totals never fall.</summary>
        public void CopyTo(List<ConnectionDriver> all, StreamCensus? census)
        {
            lock (_lock)
            {
                all.AddRange(_connections);
                for (int opener = 0; census is not null && opener < _gone.Length; opener++)
                {
                    census.AddGone(opener, _gone[opener]);
                }
            }
        }
    }
}
