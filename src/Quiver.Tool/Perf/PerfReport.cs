namespace Quiver.Tool.Perf;

/// <summary>All runs of all scenarios, and of the machine's limit if it was measured.</summary>
internal sealed class PerfReport
{
    private readonly Dictionary<string, List<PerfSample>> _samples = new(StringComparer.Ordinal);
    private readonly List<LimitResult> _limits = [];

    public bool HasLimit => _limits.Count > 0;

    public double LimitGigabits => Median(_limits.Select(limit => limit.GigabitsPerSecond));

    public TimeSpan LimitPing => Median(_limits.Select(limit => limit.PingMedian));

    public void Add(IPerfScenario scenario, PerfSample sample)
    {
        if (!_samples.TryGetValue(scenario.Name, out List<PerfSample>? samples))
        {
            _samples.Add(scenario.Name, samples = []);
        }

        samples.Add(sample);
    }

    public void Add(LimitResult limit) => _limits.Add(limit);

    public IReadOnlyList<double> Values(IPerfScenario scenario) => [.. _samples[scenario.Name].Select(sample => sample.Value)];

    /// <summary>The median of each figure over the runs.</summary>
    public PerfSample Median(IPerfScenario scenario)
    {
        List<PerfSample> samples = _samples[scenario.Name];
        return new PerfSample(
            Median(samples.Select(sample => sample.Value)),
            samples[0].Median is null ? null : Median(samples.Select(sample => sample.Median ?? default)),
            samples[0].Percentile99 is null ? null : Median(samples.Select(sample => sample.Percentile99 ?? default)));
    }

    /// <summary>The share of the machine's limit that a scenario reaches, where the two can be compared; 1 is all of it.</summary>
    public double? ShareOfLimit(IPerfScenario scenario) => !HasLimit ? null : scenario switch
    {
        DownloadScenario or UploadScenario => Median(scenario).Value / LimitGigabits,
        PingPongScenario when Median(scenario).Median is { } ping => LimitPing / ping,
        _ => null,
    };

    private static T Median<T>(IEnumerable<T> values)
    {
        T[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
