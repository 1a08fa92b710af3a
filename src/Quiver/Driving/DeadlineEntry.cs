using Quiver.Protocol.Primitives;

namespace Quiver.Driving;

/// <summary>The place of one owner in a <see cref="DeadlineQueue{T}"/>.</summary>
internal sealed class DeadlineEntry<T>(T owner)
{
    private long _due = long.MaxValue;

    public T Owner { get; } = owner;

    /// <summary>When the queue gives the owner back; Never when it is not in the queue. Written under the queue's lock, read without.</summary>
    public Timestamp Due
    {
        get => new(Volatile.Read(ref _due));
        set => Volatile.Write(ref _due, value.Ticks);
    }

    /// <summary>Index in the heap, or -1. Under the queue's lock.</summary>
    public int Position { get; set; } = -1;
}
