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
        for (int i = 0; i < headings.Length; i++)
        {
            // On a narrow terminal the last column gives way.
            TableColumn column = new(new Text(headings[i]));
            _table.AddColumn(i < headings.Length - 1 ? column.NoWrap() : column);
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
