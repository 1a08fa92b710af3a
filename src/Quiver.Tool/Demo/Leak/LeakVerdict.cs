using Quiver.Tool.Output;

namespace Quiver.Tool.Demo.Leak;

/// <summary>
/// Flat, growing or stalled. Live streams: the means of the last quarter's rows against those of the second. Memory: what was kept at the end
/// against what was when a quarter of the time was over, and everything warm.
/// </summary>
internal sealed record LeakVerdict(bool IsGood, string Text)
{
    /// <summary>Below these nothing is called growth.</summary>
    private const double LiveFloor = 1_000;
    private const double MemoryFloor = 16 << 20;
    private const double Growth = 1.25;

    public static LeakVerdict None { get; } = new(false, "There was no time to measure: give at least four seconds.");

    public static LeakVerdict Of(IReadOnlyList<LeakRow> rows, LeakGrowth kept, LeakClientWay way)
    {
        int quarter = rows.Count / 4;
        if (quarter == 0 || kept is not { Early: { } before, Late: { } after })
        {
            return None;
        }

        LeakRow[] early = [.. rows.Skip(quarter).Take(quarter)];
        LeakRow[] late = [.. rows.TakeLast(quarter)];
        string[] growing =
        [
            .. Compare("the server's live streams", early, late, row => row.Server.Live, LiveFloor, Rate.OfCount),
            .. Compare("the client's live streams", early, late, row => row.Client.Live, LiveFloor, Rate.OfCount),
            .. Compare("the server's heap", [before], [after], row => row.Server.Heap, MemoryFloor, Size),
            .. Compare("the client's heap", [before], [after], row => row.Client.Heap, MemoryFloor, Size),
            .. Compare("the server's memory", [before], [after], row => row.Server.ResidentBytes, MemoryFloor, Size),
            .. Compare("the client's memory", [before], [after], row => row.Client.ResidentBytes, MemoryFloor, Size),
        ];
        if (growing.Length > 0)
        {
            return new LeakVerdict(false, $"GROWING: {string.Join("; ", growing)}.");
        }

        LeakRow last = rows[^1];
        string live = $"{last.Server.Live} live streams on the server and {last.Client.Live} on the client after {Rate.OfCount(last.Server.Opened)} opened";
        double rate = late.Average(row => row.PerSecond);
        if (rate > 0)
        {
            return new LeakVerdict(true, $"FLAT: {live}, {Rate.OfCount(rate)} streams a second at the end; heap and memory of both ends do not grow.");
        }

        return way == LeakClientWay.NeverAccept
            ? new LeakVerdict(true, $"FLAT: {live}. The client accepts nothing, so its limit holds the server back, and nothing grows.")
            : new LeakVerdict(false, $"STALLED: {live}, and no stream was opened in the last {quarter} seconds.");
    }

    private static IEnumerable<string> Compare(
        string what, LeakRow[] early, LeakRow[] late, Func<LeakRow, double> value, double floor, Func<double, string> format)
    {
        double before = early.Average(value);
        double after = late.Average(value);
        if (after > Math.Max(before * Growth, before + floor))
        {
            yield return $"{what} went from {format(before)} to {format(after)}";
        }
    }

    private static string Size(double bytes) => ByteSize.Format((long)bytes);
}
