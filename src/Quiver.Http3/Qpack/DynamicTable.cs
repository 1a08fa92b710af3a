namespace Quiver.Http3.Qpack;

/// <summary>Field lines in the order of their insertion, the oldest go first. RFC 9204 §3.2. Indices are absolute.</summary>
internal sealed class DynamicTable
{
    private FieldLine[] _ring = new FieldLine[16];

    /// <summary>Entries ever inserted: the index of the next.</summary>
    public ulong InsertCount { get; private set; }

    /// <summary>The oldest entry that is left; <see cref="InsertCount"/>: none.</summary>
    public ulong Oldest { get; private set; }

    /// <summary>Bytes taken.</summary>
    public int Size { get; private set; }

    /// <summary>Bytes that may be taken.</summary>
    public int Capacity { get; private set; }

    public FieldLine this[ulong index] => _ring[index & (ulong)(_ring.Length - 1)];

    public bool Contains(ulong index) => index >= Oldest && index < InsertCount;

    /// <summary>What does not fit any more goes. RFC 9204 §3.2.2.</summary>
    public void SetCapacity(int capacity)
    {
        Capacity = capacity;
        while (Size > Capacity)
        {
            EvictOldest();
        }
    }

    /// <summary>Inserts and evicts what has to make room; false: it is larger than the table. RFC 9204 §3.2.2.</summary>
    public bool TryInsert(FieldLine line)
    {
        if (line.Size > Capacity)
        {
            return false;
        }

        while (Size + line.Size > Capacity)
        {
            EvictOldest();
        }

        if (InsertCount - Oldest == (ulong)_ring.Length)
        {
            Grow();
        }

        _ring[InsertCount & (ulong)(_ring.Length - 1)] = line;
        InsertCount++;
        Size += line.Size;
        return true;
    }

    /// <summary>There is one.</summary>
    public void EvictOldest()
    {
        ref FieldLine oldest = ref _ring[Oldest & (ulong)(_ring.Length - 1)];
        Size -= oldest.Size;
        oldest = default;
        Oldest++;
    }

    private void Grow()
    {
        FieldLine[] larger = new FieldLine[_ring.Length * 2];
        for (ulong index = Oldest; index < InsertCount; index++)
        {
            larger[index & (ulong)(larger.Length - 1)] = this[index];
        }

        _ring = larger;
    }
}
