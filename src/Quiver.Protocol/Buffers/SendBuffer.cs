namespace Quiver.Protocol.Buffers;

/// <summary>
/// Bytes to be sent reliably: from the first unacknowledged to the last written, in pooled blocks; which of them were never sent,
/// which were lost, which were acknowledged out of order. Owns its blocks until they are acknowledged or <see cref="Clear"/>.
/// </summary>
internal sealed class SendBuffer
{
    private const int SmallBlock = 1024;
    private const int LargeBlock = 32 * 1024;

    private readonly RangeSet _acked = new();
    private readonly RangeSet _lost = new();
    private RingQueue<Block>? _blocks;

    /// <summary>All bytes below were acknowledged.</summary>
    public ulong Start { get; private set; }

    /// <summary>Offset of the next byte to be written.</summary>
    public ulong End { get; private set; }

    /// <summary>Offset of the first byte that was never sent.</summary>
    public ulong NextOffset { get; private set; }

    public int Length => (int)(End - Start);

    public bool HasLost => !_lost.IsEmpty;

    public int Unsent => (int)(End - NextOffset);

    public void Append(ReadOnlySpan<byte> data)
    {
        _blocks ??= new RingQueue<Block>(2);
        while (!data.IsEmpty)
        {
            if (_blocks.Count == 0 || _blocks[_blocks.Tail - 1].Free == 0)
            {
                // A first short write should not hold a large block; a long one should not hold many small ones.
                int size = _blocks.Count == 0 && data.Length <= SmallBlock ? SmallBlock : LargeBlock;
                _blocks.Add() = new Block(BlockPool.Rent(size), End, 0);
            }

            ref Block last = ref _blocks[_blocks.Tail - 1];
            int count = Math.Min(last.Free, data.Length);
            data[..count].CopyTo(last.Bytes.AsSpan(last.Length));
            last = last with { Length = last.Length + count };
            data = data[count..];
            End += (ulong)count;
        }
    }

    /// <summary>Copies the bytes from an offset on that were written and not yet acknowledged.</summary>
    public void Copy(ulong offset, Span<byte> destination)
    {
        ulong index = FindBlock(offset);
        while (!destination.IsEmpty)
        {
            Block block = _blocks![index++];
            int skip = (int)(offset - block.Offset);
            int count = Math.Min(block.Length - skip, destination.Length);
            block.Bytes.AsSpan(skip, count).CopyTo(destination);
            destination = destination[count..];
            offset += (ulong)count;
        }
    }

    /// <summary>Takes note that [offset, offset + length) arrived; blocks that are no longer needed go back to the pool.</summary>
    public void OnAcked(ulong offset, int length)
    {
        ulong end = offset + (ulong)length;
        if (end <= Start || length == 0)
        {
            return;
        }

        if (offset > Start || !_acked.IsEmpty)
        {
            _acked.Add(Math.Max(offset, Start), end);
            _lost.Remove(offset, end);
            if (_acked.Min > Start)
            {
                return;
            }

            end = _acked[0].End;
            _acked.RemoveFirst();
        }

        Start = end;
        if (!_lost.IsEmpty)
        {
            _lost.Remove(0, Start);
        }

        while (_blocks!.Count > 0 && _blocks[_blocks.Head].End <= Start && (_blocks[_blocks.Head].Free == 0 || Start == End))
        {
            BlockPool.Return(_blocks[_blocks.Head].Bytes);
            _blocks.RemoveFirst();
        }
    }

    /// <summary>What to send next: lost bytes first, then new ones below the limit. False when there is nothing.</summary>
    public bool TryPeek(ulong limit, out ulong offset, out ulong length)
    {
        if (!_lost.IsEmpty)
        {
            offset = _lost[0].Start;
            length = _lost[0].Length;
            return true;
        }

        offset = NextOffset;
        ulong end = Math.Min(End, limit);
        length = end > offset ? end - offset : 0;
        return length > 0;
    }

    /// <summary>Takes note that a range that <see cref="TryPeek"/> gave (or its first part) was sent.</summary>
    public void OnSent(ulong offset, int length)
    {
        ulong end = offset + (ulong)length;
        if (offset < NextOffset)
        {
            _lost.Remove(offset, end);
        }
        else
        {
            NextOffset = end;
        }
    }

    /// <summary>Marks a sent range to be sent again, but for what arrived by another packet.</summary>
    public void OnLost(ulong offset, int length)
    {
        ulong end = Math.Min(offset + (ulong)length, NextOffset);
        ulong position = Math.Max(offset, Start);
        for (int i = _acked.FirstEndingAfter(position); i < _acked.Count && _acked[i].Start < end; i++)
        {
            _lost.Add(position, _acked[i].Start);
            position = _acked[i].End;
        }

        _lost.Add(position, end);
    }

    /// <summary>Makes an empty buffer ready for a stream of which so many bytes have been sent and acknowledged.</summary>
    public void StartAt(ulong offset)
    {
        Start = offset;
        End = offset;
        NextOffset = offset;
    }

    /// <summary>Gives all blocks back; the offsets stay.</summary>
    public void Clear()
    {
        while (_blocks is { Count: > 0 })
        {
            BlockPool.Return(_blocks[_blocks.Head].Bytes);
            _blocks.RemoveFirst();
        }

        _acked.Clear();
        _lost.Clear();
        Start = End;
        NextOffset = End;
    }

    private ulong FindBlock(ulong offset)
    {
        ulong low = _blocks!.Head;
        ulong high = _blocks.Tail - 1;
        while (low < high)
        {
            ulong middle = (low + high + 1) / 2;
            if (_blocks[middle].Offset <= offset)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    private readonly record struct Block(byte[] Bytes, ulong Offset, int Length)
    {
        public ulong End => Offset + (ulong)Length;

        public int Free => Bytes.Length - Length;
    }
}
