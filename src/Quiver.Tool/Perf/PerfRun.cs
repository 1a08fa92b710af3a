using System.Diagnostics;
using System.Globalization;
using System.Net;
using Quiver.Tool.Commands;
using Quiver.Tool.Hosting;
using Spectre.Console;

namespace Quiver.Tool.Perf;

/// <summary>Measures the scenarios in turn, several times, so that what disturbs the machine disturbs all of them alike.</summary>
internal sealed class PerfRun(PerfOptions options, IAnsiConsole messages)
{
    /// <summary>What a second process is started with to serve the first.</summary>
    public static IReadOnlyList<string> ServerArguments { get; } = ["perf", "--serve", "--child", "--listen", "127.0.0.1:0"];

    public static IReadOnlyList<string> LimitReceiverArguments { get; } = ["limit-receiver"];

    public async Task<PerfReport> RunAsync(CancellationToken cancellationToken)
    {
        using Process? child = options.Server is null ? SelfProcess.Start(ServerArguments) : null;
        try
        {
            EndPoint server = options.Server ?? await ReadEndPointAsync(child!, cancellationToken); // One of the two is there.
            return await MeasureAsync(new PerfClient(server), cancellationToken);
        }
        finally
        {
            if (child is not null)
            {
                // The end of its input tells it to leave.
                child.StandardInput.Close();
                if (!child.WaitForExit(TimeSpan.FromSeconds(3)))
                {
                    child.Kill();
                }
            }
        }
    }

    private async Task<PerfReport> MeasureAsync(PerfClient client, CancellationToken cancellationToken)
    {
        PerfReport report = new();
        for (int run = 1; run <= options.Runs; run++)
        {
            string number = string.Create(CultureInfo.InvariantCulture, $"run {run} of {options.Runs}");
            foreach (IPerfScenario scenario in options.Scenarios)
            {
                messages.WriteLine($"{number}: {scenario.Name}");
                report.Add(scenario, await scenario.RunAsync(client, options, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (options.WithLimit)
            {
                messages.WriteLine($"{number}: the machine's limit");
                LimitOptions limit = new() { Bytes = options.LimitBytes, ReceiverArguments = LimitReceiverArguments };
                report.Add(await MachineLimit.RunAsync(limit, cancellationToken));
            }
        }

        return report;
    }

    private static async Task<EndPoint> ReadEndPointAsync(Process child, CancellationToken cancellationToken)
    {
        string? line = await child.StandardOutput.ReadLineAsync(cancellationToken);
        return IPEndPoint.TryParse(line ?? string.Empty, out IPEndPoint? endPoint)
            ? endPoint
            : throw new ToolException("The server process did not start; run 'quiver perf --serve' to see why, and name it with --server.");
    }
}
