using System.Buffers;

namespace Quiver.Http3.Qpack;

/// <summary>
/// Encodes the field sections of one connection. RFC 9204. A request never waits: what the peer may not have yet is referred to only as
/// far as the peer allows streams to be blocked, everything else is sent as it is. Not thread-safe.
/// </summary>
internal sealed class QpackEncoder
{
    /// <summary>Nothing is inserted while so many bytes of instructions wait to be sent: the peer does not take them.</summary>
    private const int MaxWaitingInstructions = 16 * 1024;

    private const byte NeverIndexedLiteralName = 0x10;
    private const byte NeverIndexedNameReference = 0x20;
    private const byte NeverIndexedPostBase = 0x08;

    private readonly DynamicTable _table = new();
    private readonly TableIndex _index;
    private readonly OutstandingSections _sections;
    private readonly IndexingPolicy _policy = new();
    private readonly DecoderStreamReader _decoderStream;
    private readonly ArrayBufferWriter<byte> _lines = new();
    private int _maxCapacity;
    private long _maxBlockedStreams;

    public QpackEncoder()
    {
        _index = new TableIndex(_table);
        _sections = new OutstandingSections(_table);
        _decoderStream = new DecoderStreamReader(_sections);
    }

    /// <summary>Instructions for the encoder stream; who sends them clears it. They go out before the section that was encoded with them.</summary>
    public ArrayBufferWriter<byte> Instructions { get; } = new();

    /// <summary>The peer's SETTINGS: until then the table is not used. <paramref name="capacity"/>: what we want of the table. RFC 9204 §3.2.3, §5.</summary>
    public void Start(long maxCapacity, long maxBlockedStreams, int capacity)
    {
        _maxCapacity = (int)Math.Min(maxCapacity, int.MaxValue);
        _maxBlockedStreams = maxBlockedStreams;
        capacity = Math.Min(capacity, _maxCapacity);
        if (capacity > 0)
        {
            _table.SetCapacity(capacity);
            QpackWriter.WriteInteger(Instructions, 0x20, 5, (ulong)capacity);
        }
    }

    /// <summary>Bytes of the peer's decoder stream. Throws QPACK_DECODER_STREAM_ERROR.</summary>
    public void ReceiveDecoderStream(ReadOnlySpan<byte> bytes) => _decoderStream.Receive(bytes);

    /// <summary>Names and values have no characters above U+00FF.</summary>
    public void Encode(long streamId, ReadOnlySpan<FieldLine> lines, IBufferWriter<byte> output)
    {
        bool mayRefer = _table.Capacity > 0 && !_sections.IsFull;
        bool mayBlock = mayRefer && (_sections.BlockedStreams < _maxBlockedStreams || _sections.IsBlocking(streamId));
        SectionInProgress section = new(_table.InsertCount, mayRefer, mayBlock);
        _lines.ResetWrittenCount();
        foreach (FieldLine line in lines)
        {
            Encode(line, ref section);
        }

        WritePrefix(section, output);
        output.Write(_lines.WrittenSpan);
        if (section.RequiredInsertCount > 0)
        {
            _sections.Add(streamId, section.OldestReference, section.RequiredInsertCount);
        }
    }

    private void Encode(FieldLine line, ref SectionInProgress section)
    {
        bool isSecret = IndexingPolicy.IsSecret(line);
        if (StaticTable.TryFind(line, out int known))
        {
            QpackWriter.WriteInteger(_lines, 0xc0, 6, (ulong)known);
        }
        else if (isSecret || !section.MayRefer)
        {
            WriteLiteral(line, isSecret, ref section);
        }
        else if (_index.TryFind(line, out ulong index) && MayRefer(index, section))
        {
            WriteReference(index, ref section);
            if (IsDraining(index))
            {
                TryInsert(line, section);
            }
        }
        else if (!_index.TryFind(line, out _) && _policy.ShouldInsert(line, _table.Capacity) && TryInsert(line, section) && section.MayBlock)
        {
            WriteReference(_table.InsertCount - 1, ref section);
        }
        else
        {
            WriteLiteral(line, isSecret: false, ref section);
        }
    }

    private bool MayRefer(ulong index, SectionInProgress section) => index < _sections.KnownReceived || section.MayBlock;

    /// <summary>Among the oldest: it is inserted anew, so that new references do not keep it for ever. RFC 9204 §2.1.1.1.</summary>
    private bool IsDraining(ulong index) =>
        _table.Size > _table.Capacity / 4 * 3 && index - _table.Oldest < (_table.InsertCount - _table.Oldest) / 8;

    private bool TryInsert(FieldLine line, SectionInProgress section)
    {
        if (Instructions.WrittenCount > MaxWaitingInstructions || !HasRoom(line.Size, section))
        {
            return false;
        }

        WriteInsertion(line);
        while (_table.Size + line.Size > _table.Capacity)
        {
            _index.OnEvicting();
            _table.EvictOldest();
        }

        _table.TryInsert(line);
        _index.OnInserted(line);
        return true;
    }

    private bool HasRoom(int size, SectionInProgress section)
    {
        int free = _table.Capacity - _table.Size;
        for (ulong index = _table.Oldest; free < size; index++)
        {
            if (index >= _table.InsertCount || index >= section.OldestReference || !_sections.MayEvict(index))
            {
                return false;
            }

            free += _table[index].Size;
        }

        return true;
    }

    private void WriteInsertion(FieldLine line)
    {
        if (_index.TryFind(line, out ulong same))
        {
            QpackWriter.WriteInteger(Instructions, 0, 5, _table.InsertCount - 1 - same);
            return;
        }

        if (StaticTable.TryFindName(line.Name, out int known))
        {
            QpackWriter.WriteInteger(Instructions, 0xc0, 6, (ulong)known);
        }
        else if (_index.TryFindName(line.Name, out ulong named))
        {
            QpackWriter.WriteInteger(Instructions, 0x80, 6, _table.InsertCount - 1 - named);
        }
        else
        {
            QpackWriter.WriteString(Instructions, 0x40, 5, line.Name);
        }

        QpackWriter.WriteString(Instructions, 0, 7, line.Value);
    }

    // RFC 9204 §4.5.2, §4.5.3.
    private void WriteReference(ulong index, ref SectionInProgress section)
    {
        if (index < section.Base)
        {
            QpackWriter.WriteInteger(_lines, 0x80, 6, section.Base - 1 - index);
        }
        else
        {
            QpackWriter.WriteInteger(_lines, 0x10, 4, index - section.Base);
        }

        section.OnReference(index);
    }

    // RFC 9204 §4.5.4 to §4.5.6.
    private void WriteLiteral(FieldLine line, bool isSecret, ref SectionInProgress section)
    {
        if (StaticTable.TryFindName(line.Name, out int known))
        {
            QpackWriter.WriteInteger(_lines, (byte)(0x50 | (isSecret ? NeverIndexedNameReference : 0)), 4, (ulong)known);
        }
        else if (section.MayRefer && _index.TryFindName(line.Name, out ulong named) && MayRefer(named, section))
        {
            if (named < section.Base)
            {
                QpackWriter.WriteInteger(_lines, (byte)(0x40 | (isSecret ? NeverIndexedNameReference : 0)), 4, section.Base - 1 - named);
            }
            else
            {
                QpackWriter.WriteInteger(_lines, isSecret ? NeverIndexedPostBase : (byte)0, 3, named - section.Base);
            }

            section.OnReference(named);
        }
        else
        {
            QpackWriter.WriteString(_lines, (byte)(0x20 | (isSecret ? NeverIndexedLiteralName : 0)), 3, line.Name);
        }

        QpackWriter.WriteString(_lines, 0, 7, line.Value);
    }

    // RFC 9204 §4.5.1.
    private void WritePrefix(SectionInProgress section, IBufferWriter<byte> output)
    {
        ulong required = section.RequiredInsertCount;
        QpackWriter.WriteInteger(output, 0, 8, RequiredInsertCount.Encode(required, _maxCapacity));
        if (required == 0)
        {
            QpackWriter.WriteInteger(output, 0, 7, 0);
        }
        else if (section.Base >= required)
        {
            QpackWriter.WriteInteger(output, 0, 7, section.Base - required);
        }
        else
        {
            QpackWriter.WriteInteger(output, 0x80, 7, required - section.Base - 1);
        }
    }
}
