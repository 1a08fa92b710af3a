using System.Globalization;
using System.Text.RegularExpressions;

namespace Quiver.Tool.Tests;

/// <summary>The leak demo in two processes, in each way of the client. Alone: its client's heap is that of this process.</summary>
[Collection(nameof(LeakDemoTests))]
[CollectionDefinition(nameof(LeakDemoTests), DisableParallelization = true)]
public sealed partial class LeakDemoTests
{
    [Theory]
    [InlineData("close")]
    [InlineData("drop")]
    [InlineData("read-once")]
    [InlineData("dispose")]
    public async Task However_the_client_misuses_streams_both_ends_stay_flat_and_go_on(string way)
    {
        ToolRun run = await ToolRun.RunAsync("demo", "leak", "--client", way, "--duration", "5s");
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Match verdict = Verdict().Match(run.Out);
        Assert.True(verdict.Success, run.Out);
        int live = Math.Max(Number(verdict, 1), Number(verdict, 2));
        Assert.InRange(live, 0, 200);
        Assert.True(Number(verdict, 3) > 500, run.Out);
        Assert.DoesNotContain('\u001b', run.Out);
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task A_client_that_accepts_nothing_holds_the_server_at_its_limit()
    {
        ToolRun run = await ToolRun.RunAsync("demo", "leak", "--client", "never-accept", "--duration", "4s", "--limit", "50");
        Assert.True(run.ExitCode == 0, run.Out + run.Error);

        // The server's collector may have ended the streams that it forgot, which gives it no credit: nobody accepted them.
        Assert.Matches("FLAT: [0-9]+ live streams on the server and 50 on the client after 50 opened", run.Out);
        Assert.Contains("50 not accepted", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Streams_are_opened_at_the_pace_that_was_asked_for()
    {
        ToolRun run = await ToolRun.RunAsync("demo", "leak", "--every", "10ms", "--duration", "4s");
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.InRange(Number(Verdict().Match(run.Out), 3), 150, 700);
    }

    [Fact]
    public async Task Too_short_a_run_has_no_verdict()
    {
        ToolRun run = await ToolRun.RunAsync("demo", "leak", "--duration", "1s");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("no time to measure", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--client", "forget")]
    [InlineData("--every", "often")]
    [InlineData("--duration", "0s")]
    public async Task Wrong_options_are_usage_errors(string option, string value)
    {
        ToolRun run = await ToolRun.RunAsync("demo", "leak", option, value);
        Assert.Equal(2, run.ExitCode);
        Assert.NotEmpty(run.Error);
    }

    private static int Number(Match match, int group) =>
        int.Parse(match.Groups[group].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"FLAT: ([\d,]+) live streams on the server and ([\d,]+) on the client after ([\d,]+) opened")]
    private static partial Regex Verdict();
}
