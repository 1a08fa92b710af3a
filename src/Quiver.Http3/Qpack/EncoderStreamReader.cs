using System.Buffers;

namespace Quiver.Http3.Qpack;

/// <summary>Takes the peer's encoder stream into the table, in whatever pieces it comes. RFC 9204 §4.3.</summary>
internal sealed class EncoderStreamReader(DynamicTable table, int maxCapacity)
{
    private const Http3ErrorCode Malformed = Http3ErrorCode.QpackEncoderStreamError;

    private const byte InsertWithNameReference = 0x80;
    private const byte StaticName = 0x40;
    private const byte InsertWithLiteralName = 0x40;
    private const byte SetCapacity = 0x20;

    /// <summary>The beginning of an instruction that is not all there: at most two strings that may fit the table, and their lengths.</summary>
    private readonly ArrayBufferWriter<byte> _begun = new();

    public void Receive(ReadOnlySpan<byte> bytes)
    {
        if (_begun.WrittenCount > 0)
        {
            _begun.Write(bytes);
            bytes = _begun.WrittenSpan;
        }

        QpackReader reader = new(bytes, Malformed);
        int done = 0;
        while (!reader.IsAtEnd && TryReadInstruction(ref reader))
        {
            done = reader.Position;
        }

        if (_begun.WrittenCount == 0)
        {
            _begun.Write(bytes[done..]);
        }
        else if (done > 0)
        {
            byte[] rest = bytes[done..].ToArray();
            _begun.ResetWrittenCount();
            _begun.Write(rest);
        }
    }

    private bool TryReadInstruction(ref QpackReader reader) => reader.Peek() switch
    {
        >= InsertWithNameReference => TryInsertWithNameReference(ref reader),
        >= InsertWithLiteralName => TryInsertWithLiteralName(ref reader),
        >= SetCapacity => TrySetCapacity(ref reader),
        _ => TryDuplicate(ref reader),
    };

    // RFC 9204 §4.3.2.
    private bool TryInsertWithNameReference(ref QpackReader reader)
    {
        bool isStatic = (reader.Peek() & StaticName) != 0;
        if (!reader.TryReadInteger(6, out ulong index))
        {
            return false;
        }

        FieldLine named;
        if (!isStatic)
        {
            named = Relative(index);
        }
        else if (!StaticTable.TryGet(index, out named))
        {
            Http3ProtocolException.Throw(Malformed, $"An insertion names entry {index} of the static table, which has none such.");
        }

        if (!reader.TryReadString(7, table.Capacity, out EncodedString value))
        {
            return false;
        }

        Insert(new FieldLine(named.Name, reader.Decode(value)));
        return true;
    }

    // RFC 9204 §4.3.3.
    private bool TryInsertWithLiteralName(ref QpackReader reader)
    {
        if (!reader.TryReadString(5, table.Capacity, out EncodedString name) || !reader.TryReadString(7, table.Capacity, out EncodedString value))
        {
            return false;
        }

        Insert(new FieldLine(reader.Decode(name), reader.Decode(value)));
        return true;
    }

    // RFC 9204 §4.3.1.
    private bool TrySetCapacity(ref QpackReader reader)
    {
        if (!reader.TryReadInteger(5, out ulong capacity))
        {
            return false;
        }

        if (capacity > (ulong)maxCapacity)
        {
            Http3ProtocolException.Throw(Malformed, $"The table's capacity was set to {capacity}; {maxCapacity} is allowed.");
        }

        table.SetCapacity((int)capacity);
        return true;
    }

    // RFC 9204 §4.3.4.
    private bool TryDuplicate(ref QpackReader reader)
    {
        if (!reader.TryReadInteger(5, out ulong index))
        {
            return false;
        }

        Insert(Relative(index));
        return true;
    }

    /// <summary>Here, 0 is the newest entry. RFC 9204 §3.2.5.</summary>
    private FieldLine Relative(ulong index)
    {
        if (index >= table.InsertCount - table.Oldest)
        {
            Http3ProtocolException.Throw(Malformed, $"An instruction refers to entry {index} of the dynamic table, which has none such.");
        }

        return table[table.InsertCount - 1 - index];
    }

    private void Insert(FieldLine line)
    {
        if (!table.TryInsert(line))
        {
            Http3ProtocolException.Throw(Malformed, $"An entry of {line.Size} bytes was inserted; the table's capacity is {table.Capacity}.");
        }
    }
}
