using Quiver.Driving;
using Quiver.Protocol.Primitives;

namespace Quiver.Diagnostics;

/// <summary>
/// Warns when streams of one connection pile up in one half-state, or when the application leaves them there. Looks at most once a period
/// while things happen, and once more when they have stopped: no timer, and no work for a stream. Under the connection's lock.
/// </summary>
internal sealed class StreamWatch(ConnectionDriver connection)
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    private Timestamp _lastLook;
    private Timestamp _nextNeglect = Timestamp.Never;
    private bool _hasChanged;
    private int _warnedOfCount;
    private int _warnedOfAge;
    private bool _hasWarnedOfHeld;

    /// <summary>When to look again if nothing happens until then.</summary>
    public Timestamp Deadline => !IsOn ? Timestamp.Never
        : _hasChanged ? _lastLook + Period
        : _nextNeglect;

    private static TimeSpan Period => QuicDiagnostics.StreamWarningAge > TimeSpan.Zero && QuicDiagnostics.StreamWarningAge < 2 * s_period
        ? QuicDiagnostics.StreamWarningAge / 2
        : s_period;

    /// <summary>A connection without streams needs no look, unless to find that what it was warned of is over.</summary>
    private bool IsOn => QuicDiagnostics.IsLogging && (connection.Streams.Live.Count + connection.Streams.UnacceptedCount > 0 || (_warnedOfCount | _warnedOfAge) != 0);

    /// <summary>A collection that was asked for found no lost stream, and none can be opened: whoever holds them hears of it. Without the lock.</summary>
    public static void OnFreedNothing(ConnectionDriver connection)
    {
        connection.Enter();
        try
        {
            connection.Watch.WarnOfHeld();
        }
        finally
        {
            connection.Leave();
        }
    }

    /// <summary>Something happened, or the deadline came.</summary>
    public void OnSettled(Timestamp now)
    {
        if (!IsOn)
        {
            return;
        }

        if (now < _lastLook + Period)
        {
            _hasChanged = true;
            return;
        }

        Look(now);
    }

    private void Look(Timestamp now)
    {
        _lastLook = now;
        _hasChanged = false;
        _nextNeglect = Timestamp.Never;
        _hasWarnedOfHeld &= connection.Streams.Starvation.IsStarved;
        TimeSpan limit = QuicDiagnostics.StreamWarningAge;
        Span<int> counts = stackalloc int[StreamKinds.Halves];
        Span<int> neglected = stackalloc int[StreamKinds.Halves];
        Span<long> longest = stackalloc long[StreamKinds.Halves];
        counts.Clear();
        neglected.Clear();
        longest.Clear();
        foreach (WatchedStream stream in WatchedStream.Of(connection))
        {
            QuicStreamHalves halves = stream.Halves;
            counts[(int)halves]++;
            if (limit <= TimeSpan.Zero || !CanBeNeglected(halves) || stream.IsAttended)
            {
                continue;
            }

            Timestamp due = stream.LastTouch + limit;
            if (due > now)
            {
                _nextNeglect = Timestamp.Min(_nextNeglect, due);
                continue;
            }

            neglected[(int)halves]++;
            longest[(int)halves] = Math.Max(longest[(int)halves], (now - stream.LastTouch).Ticks);
        }

        for (int i = 0; i < StreamKinds.Halves; i++)
        {
            WarnOfCount((QuicStreamHalves)i, counts[i]);
            WarnOfAge((QuicStreamHalves)i, neglected[i], new TimeSpan(longest[i]));
        }
    }

    private void WarnOfHeld()
    {
        if (!QuicDiagnostics.IsLogging || _hasWarnedOfHeld)
        {
            return;
        }

        _hasWarnedOfHeld = true;
        int count = WatchedStream.Of(connection).Count(stream => stream.Driver is { IsDisposed: false });
        string names = HeldStreams.Name(connection, stream => stream.Driver is { IsDisposed: false });
        Post(new HeldStreamsWarning(connection.Closing.Describe(), count, names));
    }

    /// <summary>A stream that is open for hours may be meant so; one that waits for the peer is not the application's doing.</summary>
    private static bool CanBeNeglected(QuicStreamHalves halves) => halves is not (QuicStreamHalves.Open or QuicStreamHalves.Closing);

    private void WarnOfCount(QuicStreamHalves halves, int count)
    {
        int limit = QuicDiagnostics.StreamWarningCount;
        int bit = 1 << (int)halves;
        if (limit == 0 || count < Math.Max(1, limit / 2))
        {
            _warnedOfCount &= ~bit;
        }
        else if (count >= limit && (_warnedOfCount & bit) == 0)
        {
            _warnedOfCount |= bit;
            Post(new StreamWarning(connection.Closing.Describe(), halves, count, isAge: false, TimeSpan.Zero, Name(halves)));
        }
    }

    private void WarnOfAge(QuicStreamHalves halves, int count, TimeSpan untouched)
    {
        int bit = 1 << (int)halves;
        if (count == 0)
        {
            _warnedOfAge &= ~bit;
        }
        else if ((_warnedOfAge & bit) == 0)
        {
            _warnedOfAge |= bit;
            Post(new StreamWarning(connection.Closing.Describe(), halves, count, isAge: true, untouched, Name(halves)));
        }
    }

    private string Name(QuicStreamHalves halves) => HeldStreams.Name(connection, stream => stream.Halves == halves);

    private static void Post(IThreadPoolWorkItem warning) => ThreadPool.UnsafeQueueUserWorkItem(warning, preferLocal: false);
}
