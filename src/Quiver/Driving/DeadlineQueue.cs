using Quiver.Protocol.Primitives;

namespace Quiver.Driving;

/// <summary>
/// Who is due next, as a binary heap. Updates are lazy: a deadline that moves later is left where it is, comes up too early, and is then
/// put back by its owner. So the ever moving deadlines of a busy connection cost one comparison. Thread-safe.
/// </summary>
internal sealed class DeadlineQueue<T>
{
    private static readonly Timestamp s_notWaiting = new(long.MinValue);

    private readonly Lock _lock = new();
    private DeadlineEntry<T>[] _heap = new DeadlineEntry<T>[16];
    private int _count;
    private Timestamp _waitingUntil = s_notWaiting;

    /// <summary>How many are waiting; may be stale by the time it is acted on.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Makes sure that the entry comes up at <paramref name="due"/> at the latest; true when the waiting loop must be woken for it.</summary>
    public bool Schedule(DeadlineEntry<T> entry, Timestamp due)
    {
        if (due >= entry.Due)
        {
            return false;
        }

        lock (_lock)
        {
            if (due >= entry.Due)
            {
                return false;
            }

            entry.Due = due;
            if (entry.Position < 0)
            {
                if (_count == _heap.Length)
                {
                    Array.Resize(ref _heap, _count * 2);
                }

                entry.Position = _count++;
            }

            SiftUp(entry, entry.Position);
            if (due >= _waitingUntil)
            {
                return false;
            }

            _waitingUntil = s_notWaiting;
            return true;
        }
    }

    public void Remove(DeadlineEntry<T> entry)
    {
        lock (_lock)
        {
            RemoveLocked(entry);
        }
    }

    /// <summary>Takes out the earliest entry if it is due; its owner must schedule itself again.</summary>
    public bool TryTakeDue(Timestamp now, out T owner)
    {
        lock (_lock)
        {
            if (_count == 0 || _heap[0].Due > now)
            {
                owner = default!; // False says that there is none.
                return false;
            }

            owner = _heap[0].Owner;
            RemoveLocked(_heap[0]);
            return true;
        }
    }

    /// <summary>The loop is about to wait: from now on an earlier deadline asks for a wake-up. Returns until when to wait.</summary>
    public Timestamp StartWaiting()
    {
        lock (_lock)
        {
            _waitingUntil = _count == 0 ? Timestamp.Never : _heap[0].Due;
            return _waitingUntil;
        }
    }

    public void StopWaiting()
    {
        lock (_lock)
        {
            _waitingUntil = s_notWaiting;
        }
    }

    private void RemoveLocked(DeadlineEntry<T> entry)
    {
        int position = entry.Position;
        if (position < 0)
        {
            return;
        }

        entry.Position = -1;
        entry.Due = Timestamp.Never;
        DeadlineEntry<T> last = _heap[--_count];
        _heap[_count] = null!; // Beyond the count nothing is read.
        if (!ReferenceEquals(last, entry))
        {
            SiftUp(last, position);
            SiftDown(last, last.Position);
        }
    }

    private void SiftUp(DeadlineEntry<T> entry, int position)
    {
        while (position > 0)
        {
            int parent = (position - 1) >> 1;
            if (_heap[parent].Due <= entry.Due)
            {
                break;
            }

            Place(_heap[parent], position);
            position = parent;
        }

        Place(entry, position);
    }

    private void SiftDown(DeadlineEntry<T> entry, int position)
    {
        while (true)
        {
            int child = (2 * position) + 1;
            if (child >= _count)
            {
                break;
            }

            if (child + 1 < _count && _heap[child + 1].Due < _heap[child].Due)
            {
                child++;
            }

            if (_heap[child].Due >= entry.Due)
            {
                break;
            }

            Place(_heap[child], position);
            position = child;
        }

        Place(entry, position);
    }

    private void Place(DeadlineEntry<T> entry, int position)
    {
        _heap[position] = entry;
        entry.Position = position;
    }
}
