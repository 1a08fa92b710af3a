using System.Diagnostics;

namespace Quiver.Tool.Perf;

/// <summary>Times of single operations, from several workers, and their percentiles.</summary>
internal sealed class LatencyRecord
{
    private readonly Lock _lock = new();
    private readonly List<long> _ticks = [];

    /// <summary>Adds what one worker measured, in <see cref="Stopwatch"/> ticks.</summary>
    public void Add(IReadOnlyCollection<long> ticks)
    {
        lock (_lock)
        {
            _ticks.AddRange(ticks);
        }
    }

    public PerfSample ToSample(TimeSpan elapsed)
    {
        lock (_lock)
        {
            _ticks.Sort();
            return new PerfSample(_ticks.Count / elapsed.TotalSeconds, At(50), At(99));
        }
    }

    private TimeSpan? At(int percent) => _ticks.Count == 0 ? null : Stopwatch.GetElapsedTime(0, _ticks[(int)((long)(_ticks.Count - 1) * percent / 100)]);
}
