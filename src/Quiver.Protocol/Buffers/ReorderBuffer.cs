namespace Quiver.Protocol.Buffers;

/// <summary>
/// Puts received bytes in order: pooled blocks of a fixed size at fixed offsets, and the set of what has arrived.
/// Memory is bounded by the window that the caller enforces, gaps by <see cref="MaxGaps"/> and <see cref="BytesPerGap"/>. Owns its blocks until read or <see cref="Clear"/>.
/// </summary>
internal sealed class ReorderBuffer
{
    /// <summary>
    /// Disjoint ranges kept: so many, and one more for each so many bytes that are out of order. An honest sender's pieces are about
    /// a datagram long, and a queue that overflows loses every other one; a peer that sends every other byte costs no more than this.
    /// </summary>
    public const int MaxGaps = 1024;
    public const int BytesPerGap = 512;

    /// <summary>However large the window: ranges lie in an array, and a piece that comes in front moves those behind it.</summary>
    public const int AbsoluteMaxGaps = 8 * 1024;

    private const int BlockSize = 16 * 1024;
    private const int FirstBlockSize = 2 * 1024;

    private readonly RangeSet _gaps = new();
    private RingQueue<byte[]?>? _blocks;

    /// <summary>Everything below was read (or discarded).</summary>
    public ulong ReadOffset { get; private set; }

    /// <summary>Everything below has arrived.</summary>
    public ulong ContiguousEnd { get; private set; }

    /// <summary>Bytes that can be read now.</summary>
    public int Available => (int)(ContiguousEnd - ReadOffset);

    /// <summary>Whether nothing is held, neither in order nor behind a gap.</summary>
    public bool IsEmpty => Available == 0 && _gaps.IsEmpty;

    /// <summary>Makes an empty buffer ready for a stream of which so many bytes were read.</summary>
    public void StartAt(ulong offset)
    {
        ReadOffset = offset;
        ContiguousEnd = offset;
    }

    /// <summary>Stores bytes; false when they would make too many gaps. Bytes that came before are ignored.</summary>
    public bool Write(ulong offset, ReadOnlySpan<byte> data)
    {
        ulong end = offset + (ulong)data.Length;
        if (end <= ContiguousEnd)
        {
            return true;
        }

        if (offset < ContiguousEnd)
        {
            data = data[(int)(ContiguousEnd - offset)..];
            offset = ContiguousEnd;
        }

        if (offset > ContiguousEnd || !_gaps.IsEmpty)
        {
            if (!_gaps.Add(offset, end))
            {
                return true;
            }

            if (_gaps.Count > Math.Min(AbsoluteMaxGaps, MaxGaps + (int)((_gaps.Max - ContiguousEnd) / BytesPerGap)))
            {
                return false;
            }
        }

        Store(offset, data);
        if (offset == ContiguousEnd)
        {
            ContiguousEnd = end;
            if (!_gaps.IsEmpty)
            {
                ContiguousEnd = _gaps[0].End;
                _gaps.RemoveFirst();
            }
        }

        return true;
    }

    /// <summary>Copies out what is in order, up to the size of the destination.</summary>
    public int Read(Span<byte> destination)
    {
        int total = 0;
        while (!destination.IsEmpty)
        {
            ReadOnlySpan<byte> chunk = Peek();
            if (chunk.IsEmpty)
            {
                break;
            }

            int count = Math.Min(chunk.Length, destination.Length);
            chunk[..count].CopyTo(destination);
            destination = destination[count..];
            Advance(count);
            total += count;
        }

        return total;
    }

    /// <summary>The next bytes in order, as far as they lie in one block; valid until the next call.</summary>
    public ReadOnlySpan<byte> Peek()
    {
        int available = Available;
        if (available == 0)
        {
            return default;
        }

        int start = (int)(ReadOffset % BlockSize);
        return _blocks![ReadOffset / BlockSize].AsSpan(start, Math.Min(available, BlockSize - start));
    }

    public void Advance(int count)
    {
        ReadOffset += (ulong)count;
        ReleaseBefore(ReadOffset / BlockSize);
        if (IsEmpty && _blocks is { Count: > 0 })
        {
            // Nothing is held: an idle stream keeps no block.
            ReleaseBefore(_blocks.Tail);
        }
    }

    /// <summary>Gives all blocks back.</summary>
    public void Clear()
    {
        if (_blocks is not null)
        {
            ReleaseBefore(_blocks.Tail);
        }

        _gaps.Clear();
        ReadOffset = ContiguousEnd;
    }

    private void Store(ulong offset, ReadOnlySpan<byte> data)
    {
        _blocks ??= new RingQueue<byte[]?>(2);
        while (!data.IsEmpty)
        {
            ulong index = offset / BlockSize;
            int start = (int)(offset % BlockSize);
            int count = Math.Min(BlockSize - start, data.Length);
            byte[] block = BlockAt(index, start + count);
            data[..count].CopyTo(block.AsSpan(start));
            data = data[count..];
            offset += (ulong)count;
        }
    }

    private byte[] BlockAt(ulong index, int size)
    {
        if (_blocks!.Count == 0)
        {
            // The ring was emptied (or never used): it starts again at the block that is read next.
            _blocks.SkipTo(ReadOffset / BlockSize);
        }

        while (_blocks.Tail <= index)
        {
            _blocks.Add();
        }

        ref byte[]? block = ref _blocks[index];
        if (block is null)
        {
            block = BlockPool.Rent(size <= FirstBlockSize ? FirstBlockSize : BlockSize);
        }
        else if (block.Length < size)
        {
            byte[] larger = BlockPool.Rent(BlockSize);
            block.CopyTo(larger, 0);
            BlockPool.Return(block);
            block = larger;
        }

        return block;
    }

    private void ReleaseBefore(ulong index)
    {
        while (_blocks!.Count > 0 && _blocks.Head < index)
        {
            if (_blocks[_blocks.Head] is byte[] block)
            {
                BlockPool.Return(block);
            }

            _blocks.RemoveFirst();
        }
    }
}
