namespace Quiver.Http3.Qpack;

/// <summary>Reads the lines of one field section. RFC 9204 §4.5.</summary>
internal ref struct SectionReader
{
    private const Http3ErrorCode Malformed = Http3ErrorCode.QpackDecompressionFailed;

    private const byte Indexed = 0x80;
    private const byte IndexedStatic = 0x40;
    private const byte LiteralWithNameReference = 0x40;
    private const byte LiteralStaticName = 0x10;
    private const byte LiteralWithLiteralName = 0x20;
    private const byte IndexedPostBase = 0x10;

    private readonly DynamicTable _table;
    private readonly ulong _base;
    private readonly int _length;
    private QpackReader _reader;

    /// <summary>Reads the prefix. RFC 9204 §4.5.1.</summary>
    public SectionReader(ReadOnlySpan<byte> section, DynamicTable table, int maxCapacity)
    {
        _table = table;
        _length = section.Length;
        _reader = new QpackReader(section, Malformed);
        if (!_reader.TryReadInteger(8, out ulong encoded) || _reader.IsAtEnd)
        {
            Truncated();
        }

        RequiredInsertCount = Qpack.RequiredInsertCount.Decode(encoded, maxCapacity, table.InsertCount);
        bool isNegative = (_reader.Peek() & 0x80) != 0;
        if (!_reader.TryReadInteger(7, out ulong delta))
        {
            Truncated();
        }

        if (isNegative && delta >= RequiredInsertCount)
        {
            // A base below zero is an error. RFC 9204 §4.5.1.2.
            Http3ProtocolException.Throw(Malformed, "The base of a field section is negative.");
        }

        _base = isNegative ? RequiredInsertCount - delta - 1 : RequiredInsertCount + delta;
    }

    /// <summary>Insertions that must have come before it can be read.</summary>
    public ulong RequiredInsertCount { get; }

    public bool TryRead(out FieldLine line)
    {
        if (_reader.IsAtEnd)
        {
            line = default;
            return false;
        }

        byte first = _reader.Peek();
        line = first switch
        {
            >= Indexed => ReadIndexed((first & IndexedStatic) != 0),
            >= LiteralWithNameReference => ReadValue((first & LiteralStaticName) != 0 ? Static(ReadInteger(4)) : Relative(ReadInteger(4))),
            >= LiteralWithLiteralName => ReadLiteral(),
            >= IndexedPostBase => PostBase(ReadInteger(4)),
            _ => ReadValue(PostBase(ReadInteger(3))),
        };
        return true;
    }

    private FieldLine ReadIndexed(bool isStatic)
    {
        ulong index = ReadInteger(6);
        return isStatic ? Static(index) : Relative(index);
    }

    private FieldLine ReadValue(FieldLine named) => new(named.Name, ReadString(7));

    private FieldLine ReadLiteral()
    {
        string name = ReadString(3);
        return new FieldLine(name, ReadString(7));
    }

    private static FieldLine Static(ulong index)
    {
        if (!StaticTable.TryGet(index, out FieldLine line))
        {
            Http3ProtocolException.Throw(Malformed, $"A field section refers to entry {index} of the static table, which has none such.");
        }

        return line;
    }

    /// <summary>0 is the entry before the base. RFC 9204 §3.2.5.</summary>
    private readonly FieldLine Relative(ulong index) => index < _base ? Dynamic(_base - 1 - index) : Dynamic(ulong.MaxValue);

    /// <summary>0 is the entry at the base. RFC 9204 §3.2.6.</summary>
    private readonly FieldLine PostBase(ulong index) => Dynamic(_base + index);

    private readonly FieldLine Dynamic(ulong index)
    {
        // What was evicted, or is beyond what the section said it needs, must not be referred to. RFC 9204 §2.2.3.
        if (index >= RequiredInsertCount || !_table.Contains(index))
        {
            Http3ProtocolException.Throw(Malformed, "A field section refers to an entry that the dynamic table does not have.");
        }

        return _table[index];
    }

    private ulong ReadInteger(int prefixBits)
    {
        if (!_reader.TryReadInteger(prefixBits, out ulong value))
        {
            Truncated();
        }

        return value;
    }

    private string ReadString(int prefixBits)
    {
        if (_reader.IsAtEnd || !_reader.TryReadString(prefixBits, _length, out EncodedString value))
        {
            Truncated();
            return string.Empty;
        }

        return _reader.Decode(value);
    }

    private static void Truncated() => Http3ProtocolException.Throw(Malformed, "A field section ends in the middle.");
}
