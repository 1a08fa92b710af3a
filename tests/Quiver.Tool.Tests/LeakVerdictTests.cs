using Quiver.Tool.Demo.Leak;

namespace Quiver.Tool.Tests;

public sealed class LeakVerdictTests
{
    private const long Small = 60L << 20;
    private const long Large = 100L << 20;

    [Fact]
    public void Garbage_that_nobody_has_collected_yet_is_no_growth()
    {
        LeakRow[] rows = [.. Enumerable.Range(1, 8).Select(second => Row(second, Small + (second * (20L << 20))))];
        LeakVerdict verdict = LeakVerdict.Of(rows, new LeakGrowth(Row(2, Small), Row(8, Small)), LeakClientWay.Close);
        Assert.True(verdict.IsGood, verdict.Text);
        Assert.StartsWith("FLAT: ", verdict.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "the server's")]
    [InlineData(false, "the client's")]
    public void What_is_kept_and_grows_is_growth(bool atServer, string whose)
    {
        LeakRow[] rows = [.. Enumerable.Range(1, 8).Select(second => Row(second, Small))];
        LeakRow late = atServer ? Row(8, Small) with { Server = Sample(Large) } : Row(8, Small) with { Client = Sample(Large) };
        LeakVerdict verdict = LeakVerdict.Of(rows, new LeakGrowth(Row(2, Small), late), LeakClientWay.Close);
        Assert.False(verdict.IsGood, verdict.Text);
        Assert.Contains($"{whose} heap went from", verdict.Text, StringComparison.Ordinal);
        Assert.Contains($"{whose} memory went from", verdict.Text, StringComparison.Ordinal);
    }

    private static LeakRow Row(int second, long bytes) => new(TimeSpan.FromSeconds(second), 1000, Sample(bytes), Sample(bytes));

    private static LeakSample Sample(long bytes) => LeakSample.Empty() with { Heap = bytes, ResidentBytes = bytes };
}
