using ScottPlot;

namespace Quiver.Soak;

/// <summary>Memory of both ends, live streams and streams per second over time, one below the other.</summary>
internal static class SoakPlot
{
    public static void Draw(IReadOnlyList<SoakSample> samples, string path)
    {
        double[] minutes = [.. samples.Select(sample => sample.Seconds / 60)];
        Multiplot plots = new();
        plots.AddPlots(3);
        Fill(plots.GetPlot(0), "MiB", minutes, samples,
            ("server, RSS", sample => Mebi(sample.Server.Resident)), ("client, RSS", sample => Mebi(sample.Client.Resident)),
            ("server, heap", sample => Mebi(sample.Server.Heap)), ("client, heap", sample => Mebi(sample.Client.Heap)));
        Fill(plots.GetPlot(1), "live streams", minutes, samples, ("server", sample => sample.Server.Live), ("client", sample => sample.Client.Live));
        double[] rates = [.. samples.Select((sample, i) =>
            i == 0 ? sample.Opened / sample.Seconds : (sample.Opened - samples[i - 1].Opened) / (sample.Seconds - samples[i - 1].Seconds))];
        Plot rate = plots.GetPlot(2);
        rate.Add.ScatterLine(minutes, rates);
        Label(rate, "streams/s");
        rate.XLabel("minutes");
        plots.SavePng(path, 1200, 1000);
    }

    private static void Fill(
        Plot plot, string unit, double[] minutes, IReadOnlyList<SoakSample> samples, params (string Name, Func<SoakSample, double> Value)[] lines)
    {
        foreach ((string name, Func<SoakSample, double> value) in lines)
        {
            plot.Add.ScatterLine(minutes, [.. samples.Select(value)]).LegendText = name;
        }

        Label(plot, unit);
        plot.ShowLegend(Alignment.LowerRight);
    }

    private static void Label(Plot plot, string unit)
    {
        plot.YLabel(unit);
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsY(0, plot.Axes.GetLimits().Top);
    }

    private static double Mebi(long bytes) => bytes / (double)(1 << 20);
}
