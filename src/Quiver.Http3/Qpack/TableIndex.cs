namespace Quiver.Http3.Qpack;

/// <summary>Finds lines and names in an encoder's dynamic table; the newest of several counts.</summary>
internal sealed class TableIndex(DynamicTable table)
{
    private readonly Dictionary<FieldLine, ulong> _lines = [];
    private readonly Dictionary<string, ulong> _names = new(StringComparer.Ordinal);

    public bool TryFind(FieldLine line, out ulong index) => _lines.TryGetValue(line, out index) && table.Contains(index);

    public bool TryFindName(string name, out ulong index) => _names.TryGetValue(name, out index) && table.Contains(index);

    /// <summary>The newest entry of the table.</summary>
    public void OnInserted(FieldLine line)
    {
        _lines[line] = table.InsertCount - 1;
        _names[line.Name] = table.InsertCount - 1;
    }

    /// <summary>Before the table's oldest entry goes.</summary>
    public void OnEvicting()
    {
        FieldLine line = table[table.Oldest];
        if (_lines.TryGetValue(line, out ulong index) && index == table.Oldest)
        {
            _lines.Remove(line);
        }

        if (_names.TryGetValue(line.Name, out index) && index == table.Oldest)
        {
            _names.Remove(line.Name);
        }
    }
}
