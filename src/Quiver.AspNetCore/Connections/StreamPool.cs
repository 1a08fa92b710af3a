using Quiver.AspNetCore.Streams;

namespace Quiver.AspNetCore.Connections;

/// <summary>
/// Stream contexts of one connection between two requests; Kestrel keeps its own object for a request with each. Those not used for some
/// seconds are dropped. Thread-safe.
/// </summary>
internal sealed class StreamPool
{
    /// <summary>Kept at most, as in Kestrel's own transport: what a client may have open by default.</summary>
    private const int MaxCount = 100;

    private static readonly TimeSpan s_expiry = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();

    /// <summary>The last used at the end, so that what is superfluous gets old at the beginning.</summary>
    private readonly List<ServerStream> _streams = [];

    public bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ServerStream? stream)
    {
        lock (_lock)
        {
            if (_streams.Count == 0)
            {
                stream = null;
                return false;
            }

            stream = _streams[^1];
            _streams.RemoveAt(_streams.Count - 1);
            return true;
        }
    }

    public bool TryReturn(ServerStream stream)
    {
        stream.PooledAt = Environment.TickCount64;
        lock (_lock)
        {
            if (_streams.Count == MaxCount)
            {
                return false;
            }

            _streams.Add(stream);
            return true;
        }
    }

    /// <summary>On each of the connection's heartbeats.</summary>
    public void RemoveExpired()
    {
        long oldest = Environment.TickCount64 - (long)s_expiry.TotalMilliseconds;
        lock (_lock)
        {
            int expired = 0;
            while (expired < _streams.Count && _streams[expired].PooledAt < oldest)
            {
                expired++;
            }

            _streams.RemoveRange(0, expired);
        }
    }
}
