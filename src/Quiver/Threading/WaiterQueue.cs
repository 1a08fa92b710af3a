using System.Diagnostics;

namespace Quiver.Threading;

/// <summary>Callers in order of arrival, each of whom gets one item. All but <see cref="Recycle"/> under the guard's lock.</summary>
internal sealed class WaiterQueue<T>(IGuard guard)
{
    private readonly LinkedList<Waiter<T>> _waiters = new();
    private Waiter<T>? _spare;

    public bool IsEmpty => _waiters.First is null;

    /// <summary>Who waits longest; null when nobody waits.</summary>
    public Waiter<T>? First => _waiters.First?.Value;

    /// <summary>Queues a caller; call its Wait after the lock is released.</summary>
    public Waiter<T> Add(object root, StackTrace? calledAt = null)
    {
        Waiter<T> waiter = Interlocked.Exchange(ref _spare, null) ?? new Waiter<T>(this, guard);
        waiter.Start(root, calledAt);
        _waiters.AddLast(waiter.Node);
        return waiter;
    }

    /// <summary>Gives the item to the caller who waits longest; false when nobody waits.</summary>
    public bool TryGive(T item)
    {
        if (_waiters.First is not { } node)
        {
            return false;
        }

        _waiters.Remove(node);
        node.Value.Give(item);
        return true;
    }

    /// <summary>Fails the caller who waits longest; false when nobody waits.</summary>
    public bool TryFail(Exception error)
    {
        if (_waiters.First is not { } node)
        {
            return false;
        }

        _waiters.Remove(node);
        node.Value.Fail(error);
        return true;
    }

    public void Remove(Waiter<T> waiter) => _waiters.Remove(waiter.Node);

    public void Recycle(Waiter<T> waiter) => Interlocked.CompareExchange(ref _spare, waiter, null);
}
