using System.Diagnostics;

namespace Quiver.Threading;

/// <summary>One caller who waits for an item of a <see cref="WaiterQueue{T}"/>.</summary>
internal sealed class Waiter<T> : AsyncOperation<T>
{
    private readonly WaiterQueue<T> _queue;
    private readonly IGuard _guard;

    public Waiter(WaiterQueue<T> queue, IGuard guard)
    {
        _queue = queue;
        _guard = guard;
        Node = new LinkedListNode<Waiter<T>>(this);
    }

    /// <summary>The place in the queue, part of the waiter so that waiting allocates nothing.</summary>
    public LinkedListNode<Waiter<T>> Node { get; }

    /// <summary>Where the caller waits, if that was captured.</summary>
    public StackTrace? CalledAt { get; private set; }

    /// <summary>Who called: what the wait keeps alive.</summary>
    public object Caller => Root!; // Started.

    public void Start(object root, StackTrace? calledAt)
    {
        CalledAt = calledAt;
        Begin(_guard, root);
    }

    public ValueTask<T> WaitAsync(CancellationToken cancellationToken) => ResultAsync(cancellationToken);

    public void Give(T item) => Decide(item);

    public void Fail(Exception error) => Decide(error);

    protected override void OnCancelled(CancellationToken cancellationToken)
    {
        _queue.Remove(this);
        Decide(new OperationCanceledException(cancellationToken));
    }

    protected override void OnFetched()
    {
        CalledAt = null;
        _queue.Recycle(this);
    }
}
