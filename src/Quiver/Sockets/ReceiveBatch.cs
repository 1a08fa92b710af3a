using Quiver.Protocol.Connections;

namespace Quiver.Sockets;

/// <summary>
/// The datagrams of one receive call, coalesced ones already split into views. A loop owns one and uses it again and again;
/// everything it gives out is valid until the next <see cref="IDatagramSocket.Receive"/>.
/// </summary>
internal sealed class ReceiveBatch
{
    /// <summary>Bytes of a slot: the longest UDP payload, or run of coalesced ones, and a little more.</summary>
    public const int SlotLength = 1 << 16;

    // More slots save calls when many peers send single datagrams; fewer stay in the cache when coalesced runs fill them.
    private const int DefaultSlots = 16;

    private readonly byte[] _memory;
    private readonly DatagramArrival[] _arrivals;
    private View[] _views;

    public ReceiveBatch()
        : this(DefaultSlots)
    {
    }

    public ReceiveBatch(int slots)
    {
        Slots = slots;
        _memory = GC.AllocateUninitializedArray<byte>(slots * SlotLength, pinned: true);
        _arrivals = new DatagramArrival[slots];
        _views = new View[slots * 8];
    }

    /// <summary>Datagrams now in the batch.</summary>
    public int Count { get; private set; }

    /// <summary>Reads from the kernel that a batch can hold.</summary>
    public int Slots { get; }

    /// <summary>Pinned; a slot starts at each multiple of <see cref="SlotLength"/>.</summary>
    public byte[] Memory => _memory;

    /// <summary>A datagram's bytes, which the receiver decrypts in place.</summary>
    public Span<byte> GetDatagram(int index)
    {
        View view = ViewAt(index);
        return _memory.AsSpan(view.Offset, view.Length);
    }

    public ref readonly DatagramArrival GetArrival(int index) => ref _arrivals[ViewAt(index).Slot];

    public void Clear() => Count = 0;

    /// <summary>Adds what was read into a slot: datagrams of <paramref name="segmentSize"/> bytes, of which the last may be shorter.</summary>
    public void Add(int slot, int length, int segmentSize, in DatagramArrival arrival)
    {
        _arrivals[slot] = arrival;
        int offset = slot * SlotLength;
        int end = offset + length;
        while (offset < end)
        {
            if (Count == _views.Length)
            {
                // Runs of unusually many segments; the larger array stays.
                Array.Resize(ref _views, 2 * _views.Length);
            }

            int size = Math.Min(segmentSize, end - offset);
            _views[Count++] = new View(offset, size, slot);
            offset += size;
        }
    }

    private View ViewAt(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        return _views[index];
    }

    private readonly record struct View(int Offset, int Length, int Slot);
}
