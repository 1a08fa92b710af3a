using Spectre.Console;
using Spectre.Console.Rendering;

namespace Quiver.Tool.Demo.Leak;

/// <summary>Shows the rows as they come: a table with charts on a terminal, plain lines elsewhere.</summary>
internal sealed class LeakDisplay(IAnsiConsole console)
{
    private const int ShownRows = 12;

    private readonly List<LeakRow> _rows = [];

    public IReadOnlyList<LeakRow> Rows => _rows;

    /// <summary>Runs the work, which hands over a row each second.</summary>
    public async Task RunAsync(Func<Action<LeakRow>, Task> work)
    {
        if (console.Profile.Capabilities.Interactive)
        {
            await console.Live(Render()).StartAsync(context => work(row =>
            {
                _rows.Add(row);
                context.UpdateTarget(Render());
            }));
            return;
        }

        console.WriteLine(string.Join(" | ", LeakRow.Headings));
        await work(row =>
        {
            _rows.Add(row);
            console.WriteLine(string.Join(" | ", row.Cells()));
        });
        WriteChart("live streams", row => row.Server.Live + row.Client.Live);
        WriteChart("heap", row => row.Server.Heap + row.Client.Heap);
    }

    private Rows Render()
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumns(LeakRow.Headings);
        foreach (LeakRow row in _rows.TakeLast(ShownRows))
        {
            table.AddRow(row.Cells().Select(cell => new Text(cell)));
        }

        IRenderable[] parts =
        [
            table,
            new Text($"streams/s     {LeakChart.Draw(_rows.Select(row => row.PerSecond))}"),
            new Text($"live streams  {LeakChart.Draw(_rows.Select(row => (double)(row.Server.Live + row.Client.Live)))}"),
            new Text($"heap, both    {LeakChart.Draw(_rows.Select(row => (double)(row.Server.Heap + row.Client.Heap)))}"),
            new Text($"RSS, both     {LeakChart.Draw(_rows.Select(row => (double)(row.Server.ResidentBytes + row.Client.ResidentBytes)))}"),
        ];
        return new Rows(parts);
    }

    private void WriteChart(string name, Func<LeakRow, double> value) =>
        console.WriteLine($"{name,-12} {LeakChart.Draw(_rows.Select(value))}");
}
