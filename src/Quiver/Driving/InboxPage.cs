using System.Buffers;
using Quiver.Protocol.Connections;

namespace Quiver.Driving;

/// <summary>Copies of datagrams in the order of their arrival, in pooled arrays that <see cref="Clear"/> gives back.</summary>
internal sealed class InboxPage
{
    /// <summary>Some five receive batches; more means that the holder is stuck, and the sender should slow down.</summary>
    public const int MaxBytes = 1 << 18;

    public const int MaxDatagrams = 512;

    private const int FirstBytes = 1 << 12;
    private const int FirstItems = 16;

    private byte[] _bytes = [];
    private Item[] _items = [];
    private int _length;

    public int Count { get; private set; }

    public bool TryAdd(ReadOnlySpan<byte> datagram, in DatagramArrival arrival)
    {
        if (Count == MaxDatagrams || _length + datagram.Length > MaxBytes)
        {
            return false;
        }

        _bytes = Grow(_bytes, _length, _length + datagram.Length, FirstBytes);
        _items = Grow(_items, Count, Count + 1, FirstItems);
        datagram.CopyTo(_bytes.AsSpan(_length));
        _items[Count++] = new Item(_length, datagram.Length, arrival);
        _length += datagram.Length;
        return true;
    }

    public Span<byte> GetDatagram(int index) => _bytes.AsSpan(_items[index].Start, _items[index].Length);

    public ref readonly DatagramArrival GetArrival(int index) => ref _items[index].Arrival;

    public void Clear()
    {
        Give(_bytes);
        Give(_items);
        _bytes = [];
        _items = [];
        _length = 0;
        Count = 0;
    }

    private static T[] Grow<T>(T[] array, int used, int needed, int first)
    {
        if (array.Length >= needed)
        {
            return array;
        }

        T[] larger = ArrayPool<T>.Shared.Rent(Math.Max(needed, Math.Max(first, 2 * array.Length)));
        array.AsSpan(0, used).CopyTo(larger);
        Give(array);
        return larger;
    }

    private static void Give<T>(T[] array)
    {
        if (array.Length > 0)
        {
            ArrayPool<T>.Shared.Return(array);
        }
    }

    private readonly struct Item(int start, int length, in DatagramArrival arrival)
    {
        public readonly int Start = start;
        public readonly int Length = length;
        public readonly DatagramArrival Arrival = arrival;
    }
}
