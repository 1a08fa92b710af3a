namespace Quiver.Tool.Perf;

/// <summary>All that can be measured, in the order in which it is.</summary>
internal static class PerfScenarios
{
    public static IReadOnlyList<IPerfScenario> All { get; } =
        [new DownloadScenario(), new UploadScenario(), new RequestScenario(), new PingPongScenario(), new HandshakeScenario(), new ResumedScenario()];
}
