using System.Text.Json;

namespace Quiver.Tool.Tests;

public sealed class PerfTests
{
    private static readonly string[] s_short = ["--runs", "1", "--duration", "0.2", "--warmup", "0.1"];

    [Fact]
    public async Task All_scenarios_run_against_a_process_of_their_own_beside_the_limit()
    {
        ToolRun run = await ToolRun.RunAsync(["perf", .. s_short, "--limit", "--limit-bytes", "10MB", "--json"]);
        Assert.True(run.ExitCode == 0, run.Error);
        using JsonDocument report = JsonDocument.Parse(run.Out);
        foreach (string name in new[] { "download", "upload", "rps", "pingpong", "handshakes", "resumed" })
        {
            Assert.True(report.RootElement.GetProperty(name).GetProperty("median").GetDouble() > 0, name);
        }

        Assert.True(report.RootElement.GetProperty("limit").GetProperty("gigabits_per_second").GetDouble() > 0);
        Assert.True(report.RootElement.GetProperty("pingpong").GetProperty("share_of_limit").GetDouble() > 0);
    }

    [Fact]
    public async Task A_running_server_can_be_measured()
    {
        await using RunningServer server = await RunningServer.PerfAsync();
        ToolRun run = await ToolRun.RunAsync(["perf", "pingpong", "rps", "--server", server.Address, .. s_short]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("round trips/s", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("download", run.Out, StringComparison.Ordinal);
    }
}
