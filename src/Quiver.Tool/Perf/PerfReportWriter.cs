using System.Globalization;
using System.Text;
using System.Text.Json;
using Quiver.Tool.Output;

namespace Quiver.Tool.Perf;

/// <summary>Shows a report: a table for people, JSON for programs.</summary>
internal static class PerfReportWriter
{
    public static void WriteTable(PerfReport report, PerfOptions options, ToolOutput output)
    {
        string limitHeading = report.HasLimit ? "of the limit" : string.Empty;
        ResultTable table = new(output.Console, "scenario", "median", "unit", "runs", "p50", "p99", limitHeading);
        foreach (IPerfScenario scenario in options.Scenarios)
        {
            PerfSample median = report.Median(scenario);
            table.Add(
                scenario.Name,
                Number(median.Value),
                scenario.Unit,
                string.Join(' ', report.Values(scenario).Select(Number)),
                Time(median.Median),
                Time(median.Percentile99),
                report.ShareOfLimit(scenario)?.ToString("0 %", CultureInfo.InvariantCulture) ?? string.Empty);
        }

        if (report.HasLimit)
        {
            table.Add("limit: bytes", Number(report.LimitGigabits), "Gbit/s", string.Empty, string.Empty, string.Empty, "100 %");
            table.Add("limit: ping", Number(1 / report.LimitPing.TotalSeconds), "round trips/s", string.Empty, Time(report.LimitPing), string.Empty, "100 %");
        }

        table.Write();
    }

    public static void WriteJson(PerfReport report, PerfOptions options, TextWriter output)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            foreach (IPerfScenario scenario in options.Scenarios)
            {
                WriteScenario(json, report, scenario);
            }

            if (report.HasLimit)
            {
                json.WriteStartObject("limit");
                json.WriteNumber("gigabits_per_second", report.LimitGigabits);
                json.WriteNumber("ping_us", report.LimitPing.TotalMicroseconds);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(buffer.ToArray()));
    }

    private static void WriteScenario(Utf8JsonWriter json, PerfReport report, IPerfScenario scenario)
    {
        PerfSample median = report.Median(scenario);
        json.WriteStartObject(scenario.Name);
        json.WriteNumber("median", median.Value);
        json.WriteString("unit", scenario.Unit);
        json.WriteStartArray("runs");
        foreach (double value in report.Values(scenario))
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
        WriteTime(json, "p50_us", median.Median);
        WriteTime(json, "p99_us", median.Percentile99);
        if (report.ShareOfLimit(scenario) is { } share)
        {
            json.WriteNumber("share_of_limit", share);
        }

        json.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter json, string name, TimeSpan? time)
    {
        if (time is not null)
        {
            json.WriteNumber(name, time.Value.TotalMicroseconds);
        }
    }

    private static string Number(double value) => value.ToString(value < 100 ? "0.00" : "#,0", CultureInfo.InvariantCulture);

    private static string Time(TimeSpan? time) => time is null ? string.Empty : Rate.OfTime(time.Value);
}
