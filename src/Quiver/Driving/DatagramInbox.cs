using Quiver.Protocol.Connections;

namespace Quiver.Driving;

/// <summary>
/// Datagrams that arrived while another thread held their connection's lock: copied here by the loop, taken by whoever holds the lock
/// before it is released. Bounded: what does not fit is dropped, as a full socket buffer would. Thread-safe.
/// </summary>
internal sealed class DatagramInbox
{
    private readonly Lock _lock = new();
    private InboxPage? _filling;
    private InboxPage? _spare;

    /// <summary>Whether there is something to take; may be stale by the time it is acted on.</summary>
    public bool IsEmpty => Volatile.Read(ref _filling) is null;

    /// <summary>Copies a datagram; false when it was dropped.</summary>
    public bool TryAdd(ReadOnlySpan<byte> datagram, in DatagramArrival arrival)
    {
        lock (_lock)
        {
            InboxPage page = _filling ?? _spare ?? new InboxPage();
            _spare = null;
            Volatile.Write(ref _filling, page);
            return page.TryAdd(datagram, in arrival);
        }
    }

    /// <summary>Takes everything, or null; hand the page back with <see cref="Return"/>.</summary>
    public InboxPage? TakeAll()
    {
        lock (_lock)
        {
            InboxPage? page = _filling;
            Volatile.Write(ref _filling, null);
            return page;
        }
    }

    public void Return(InboxPage page)
    {
        page.Clear();
        lock (_lock)
        {
            _spare = page;
        }
    }
}
