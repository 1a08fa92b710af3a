namespace Quiver.Protocol.Buffers;

/// <summary>
/// A growing ring of values that are added at the back, removed at the front, and reached in between by an ever-growing index.
/// </summary>
internal sealed class RingQueue<T>
{
    private T[] _items;
    private ulong _head;
    private ulong _tail;

    /// <param name="capacity">Initial number of places; a power of two.</param>
    public RingQueue(int capacity = 4)
    {
        _items = new T[capacity];
    }

    /// <summary>Index of the oldest item.</summary>
    public ulong Head => _head;

    /// <summary>Index that the next item will get.</summary>
    public ulong Tail => _tail;

    public int Count => (int)(_tail - _head);

    public ref T this[ulong index] => ref _items[(int)index & (_items.Length - 1)];

    public ref T Add()
    {
        if (Count == _items.Length)
        {
            Grow();
        }

        ref T item = ref this[_tail++];
        item = default!;
        return ref item;
    }

    public void RemoveFirst()
    {
        this[_head] = default!;
        _head++;
    }

    /// <summary>Removes items so that <see cref="Head"/> becomes the index.</summary>
    public void RemoveUntil(ulong index)
    {
        while (_head < index)
        {
            RemoveFirst();
        }
    }

    /// <summary>Takes back the newest items so that <see cref="Tail"/> becomes the index.</summary>
    public void TruncateTo(ulong index)
    {
        while (_tail > index)
        {
            _tail--;
            this[_tail] = default!;
        }
    }

    /// <summary>Moves an empty ring on, so that its next item gets the index.</summary>
    public void SkipTo(ulong index)
    {
        _head = index;
        _tail = index;
    }

    public void Clear() => RemoveUntil(_tail);

    /// <summary>Clears, and gives the memory up: nothing more is expected.</summary>
    public void Release()
    {
        _head = _tail;
        _items = new T[1];
    }

    private void Grow()
    {
        var items = new T[_items.Length * 2];
        for (ulong i = _head; i < _tail; i++)
        {
            items[(int)i & (items.Length - 1)] = this[i];
        }

        _items = items;
    }
}
