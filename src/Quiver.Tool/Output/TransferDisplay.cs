using Spectre.Console;

namespace Quiver.Tool.Output;

/// <summary>Shows a transfer while it runs: a bar on a terminal, a line now and then elsewhere.</summary>
internal static class TransferDisplay
{
    private static readonly TimeSpan s_redraw = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_line = TimeSpan.FromSeconds(2);

    /// <param name="console">Where to.</param>
    /// <param name="title">What is shown before the bar.</param>
    /// <param name="total">Bytes expected, or null when nobody knows.</param>
    /// <param name="work">The transfer, which counts into the meter.</param>
    public static Task RunAsync(IAnsiConsole console, string title, long? total, Func<TransferMeter, Task> work)
    {
        TransferMeter meter = new();
        return console.Profile.Capabilities.Interactive
            ? DrawAsync(console, title, total, meter, work)
            : WriteLinesAsync(console, title, meter, work(meter));
    }

    private static Task DrawAsync(IAnsiConsole console, string title, long? total, TransferMeter meter, Func<TransferMeter, Task> work)
    {
        ProgressColumn[] columns = total is null
            ? [new SpinnerColumn(), new TaskDescriptionColumn(), new RateColumn(meter)]
            : [new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RateColumn(meter)];
        return console.Progress().AutoRefresh(true).AutoClear(true).HideCompleted(true).Columns(columns).StartAsync(async context =>
        {
            ProgressTask task = context.AddTask(Markup.Escape(title), maxValue: total ?? 1);
            task.IsIndeterminate = total is null;
            Task running = work(meter);
            while (await Task.WhenAny(running, Task.Delay(s_redraw)) != running)
            {
                task.Value = total is null ? 0 : meter.Bytes;
            }

            await running;
        });
    }

    private static async Task WriteLinesAsync(IAnsiConsole console, string title, TransferMeter meter, Task work)
    {
        while (await Task.WhenAny(work, Task.Delay(s_line)) != work)
        {
            console.WriteLine($"{title}: {meter}");
        }

        await work;
    }
}
