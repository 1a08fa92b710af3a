namespace Quiver.Tool.Perf;

/// <summary>One thing to measure.</summary>
internal interface IPerfScenario
{
    string Name { get; }

    /// <summary>What the figure counts; more is better.</summary>
    string Unit { get; }

    Task<PerfSample> RunAsync(PerfClient client, PerfOptions options, CancellationToken cancellationToken);
}
