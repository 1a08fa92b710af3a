namespace Quiver.Tool.Tests;

public sealed class DemoTests
{
    [Fact]
    public async Task The_demo_runs_to_its_table_in_plain_lines()
    {
        ToolRun run = await ToolRun.RunAsync("demo", "--bytes", "8MiB", "--streams", "500", "--handshakes", "3", "--echoes", "20");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Matches(@"(?m)^transfer +\d", run.Out);
        Assert.Matches(@"(?m)^short streams +\d", run.Out);
        Assert.Matches(@"(?m)^streams left open +0 ", run.Out);
        Assert.DoesNotContain('\u001b', run.Out);
        Assert.Empty(run.Error);
    }
}
