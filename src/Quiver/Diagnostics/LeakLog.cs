using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Quiver.Diagnostics;

/// <summary>
/// Tells leaks to the log on the thread pool, at most once a second: one message for each kind and each place. Streams can leak by the
/// ten thousand a second, and a log of each would be the larger problem.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "There is one, for the life of the process.")]
internal sealed class LeakLog
{
    /// <summary>Stacks kept for the next message; leaks beyond are counted only. Each is some kilobytes.</summary>
    public const int MaxStacks = 256;

    private const string UnknownPlace = "unknown: set QuicDiagnostics.CaptureLeakStacks (or QUIVER_CAPTURE_LEAK_STACKS=1) to see where";

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly List<(LeakKind Kind, StackTrace Stack)> _traced = [];
    private readonly int[] _untraced = new int[Enum.GetValues<LeakKind>().Length];
    private readonly Timer _timer;
    private long _lastWritten = long.MinValue / 2;
    private bool _isScheduled;

    private LeakLog()
    {
        _timer = new Timer(static state => ((LeakLog)state!).Write(), this, Timeout.Infinite, Timeout.Infinite);
    }

    public static LeakLog Shared { get; } = new();

    public void Add(LeakKind kind, StackTrace? openedAt)
    {
        lock (_lock)
        {
            if (openedAt is not null && _traced.Count < MaxStacks)
            {
                _traced.Add((kind, openedAt));
            }
            else
            {
                _untraced[(int)kind]++;
            }

            if (!_isScheduled)
            {
                _isScheduled = true;
                long wait = _lastWritten + (long)s_pause.TotalMilliseconds - Environment.TickCount64;
                _timer.Change(Math.Max(wait, 0), Timeout.Infinite);
            }
        }
    }

    private void Write()
    {
        (LeakKind Kind, StackTrace Stack)[] traced;
        int[] untraced;
        lock (_lock)
        {
            traced = [.. _traced];
            untraced = [.. _untraced];
            _traced.Clear();
            Array.Clear(_untraced);
            _isScheduled = false;
            _lastWritten = Environment.TickCount64;
        }

        foreach (IGrouping<(LeakKind Kind, string Place), string> place in traced.Select(leak => leak.Stack.ToString()).Zip(traced).GroupBy(
            pair => (pair.Second.Kind, pair.First), pair => pair.First))
        {
            QuiverLog.Leaked(QuicDiagnostics.Logger, place.Count(), place.Key.Kind, place.Key.Place);
        }

        for (int kind = 0; kind < untraced.Length; kind++)
        {
            if (untraced[kind] > 0)
            {
                QuiverLog.Leaked(QuicDiagnostics.Logger, untraced[kind], (LeakKind)kind, UnknownPlace);
            }
        }
    }
}
