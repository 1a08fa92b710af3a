using Spectre.Console;

namespace Quiver.Tool.Output;

/// <summary>A closing table: framed on a terminal, aligned columns elsewhere.</summary>
internal sealed class ResultTable
{
    private readonly IAnsiConsole _console;
    private readonly Table _table;

    public ResultTable(IAnsiConsole console, params ReadOnlySpan<string> headings)
    {
        _console = console;
        _table = new Table().Border(console.Profile.Capabilities.Ansi ? TableBorder.Rounded : TableBorder.None);
        foreach (string heading in headings)
        {
            _table.AddColumn(new TableColumn(new Text(heading)).NoWrap());
        }
    }

    public void Add(params ReadOnlySpan<string> cells)
    {
        List<Text> texts = [];
        foreach (string cell in cells)
        {
            texts.Add(new Text(cell));
        }

        _table.AddRow(texts);
    }

    public void Write() => _console.Write(_table);
}
