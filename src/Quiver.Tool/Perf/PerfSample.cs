namespace Quiver.Tool.Perf;

/// <summary>The outcome of one run.</summary>
/// <param name="Value">In the scenario's unit.</param>
/// <param name="Median">Of the single operation's time, where there is one.</param>
/// <param name="Percentile99">The slowest hundredth begins here.</param>
internal readonly record struct PerfSample(double Value, TimeSpan? Median = null, TimeSpan? Percentile99 = null);
