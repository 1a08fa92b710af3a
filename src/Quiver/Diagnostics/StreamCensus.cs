using Quiver.Driving;
using Quiver.Protocol.Primitives;

namespace Quiver.Diagnostics;

/// <summary>Live streams counted by kind, the opening of the oldest of each, and the bytes that they hold. Made when somebody asks.</summary>
internal sealed class StreamCensus
{
    private readonly int[] _counts = new int[StreamKinds.Count];
    private readonly TimeSpan[] _oldest = new TimeSpan[StreamKinds.Count];
    private readonly long[] _opened = new long[StreamKinds.Openers];
    private readonly long[] _active = new long[StreamKinds.Openers];

    public long SendBuffered { get; private set; }

    public long ReceiveBuffered { get; private set; }

    public int Count(int kind) => _counts[kind];

    public TimeSpan Oldest(int kind) => _oldest[kind];

    public long Opened(int opener) => _opened[opener];

    public long Closed(int opener) => _opened[opener] - _active[opener];

    /// <summary>Under the connection's lock: adds what it has now.</summary>
    public void Add(ConnectionDriver connection)
    {
        Timestamp now = MonotonicClock.Now;
        for (int opener = 0; opener < _opened.Length; opener++)
        {
            _opened[opener] += OpenedBy(connection, opener);
        }

        foreach (WatchedStream stream in WatchedStream.Of(connection))
        {
            int kind = stream.Kind;
            _counts[kind]++;
            _active[kind / StreamKinds.Halves]++;
            TimeSpan age = now - stream.State.Opened;
            _oldest[kind] = age > _oldest[kind] ? age : _oldest[kind];
            SendBuffered += stream.State.Send?.Buffered ?? 0;
            ReceiveBuffered += (long)(stream.State.Receive?.Unread ?? 0);
        }
    }

    /// <summary>Adds streams of connections that are gone.</summary>
    public void AddGone(int opener, long count) => _opened[opener] += count;

    /// <summary>Under the connection's lock: how many streams of a type one side has opened.</summary>
    public static long OpenedBy(ConnectionDriver connection, int opener)
    {
        var direction = (StreamDirection)(opener / 2);
        return (long)((opener & 1) == 0 ? connection.Core.OpenedByUs(direction) : connection.Core.OpenedByPeer(direction));
    }
}
