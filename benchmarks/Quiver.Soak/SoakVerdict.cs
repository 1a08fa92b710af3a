namespace Quiver.Soak;

/// <summary>Flat or growing: the median of the last quarter against that of the second, in memory and in live streams.</summary>
internal static class SoakVerdict
{
    private const double AllowedGrowth = 1.1;
    private const double AllowedBytes = 8 << 20;
    private const double AllowedStreams = 1_000;

    public static bool Write(List<SoakSample> samples)
    {
        (string Name, Func<SoakSample, double> Value, double Allowed)[] measures =
        [
            ("server RSS", sample => sample.Server.Resident, AllowedBytes), ("client RSS", sample => sample.Client.Resident, AllowedBytes),
            ("server heap", sample => sample.Server.Heap, AllowedBytes), ("client heap", sample => sample.Client.Heap, AllowedBytes),
            ("server live streams", sample => sample.Server.Live, AllowedStreams), ("client live streams", sample => sample.Client.Live, AllowedStreams),
        ];
        int quarter = samples.Count / 4;
        bool isFlat = quarter > 0;
        foreach ((string name, Func<SoakSample, double> value, double allowed) in measures)
        {
            double early = Median(samples.Skip(quarter).Take(quarter), value);
            double late = Median(samples.TakeLast(quarter), value);
            bool grows = late > Math.Max(early * AllowedGrowth, early + allowed);
            isFlat &= !grows;
            Console.WriteLine($"{name}: {early:#,0} in the second quarter, {late:#,0} in the last{(grows ? ", GROWING" : "")}");
        }

        Console.WriteLine($"{samples[^1].Opened:#,0} streams in {samples[^1].Seconds:0} s: {(isFlat ? "flat" : "NOT FLAT")}");
        return isFlat;
    }

    private static double Median(IEnumerable<SoakSample> samples, Func<SoakSample, double> value)
    {
        double[] sorted = [.. samples.Select(value).Order()];
        return sorted.Length == 0 ? 0 : sorted[sorted.Length / 2];
    }
}
