namespace Quiver.Tool.Demo.Leak;

/// <summary>A row of small bars from zero to the largest value; the newest at the right.</summary>
internal static class LeakChart
{
    public const int Width = 60;

    private const string Bars = " ▁▂▃▄▅▆▇█";

    public static string Draw(IEnumerable<double> values)
    {
        double[] shown = [.. values.TakeLast(Width)];
        double max = Math.Max(shown.DefaultIfEmpty().Max(), double.Epsilon);
        return string.Concat(shown.Select(value => Bars[(int)Math.Round(Math.Max(value, 0) / max * (Bars.Length - 1))]));
    }
}
