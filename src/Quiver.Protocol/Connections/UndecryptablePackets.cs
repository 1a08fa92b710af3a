using System.Buffers;

namespace Quiver.Protocol.Connections;

/// <summary>Packets whose keys are not there yet, kept until they come. RFC 9001 §5.7. Owns pooled copies.</summary>
internal sealed class UndecryptablePackets : IDisposable
{
    /// <summary>Packets kept: the flight that may overtake a delayed handshake packet, and a first window of early data, which comes
    /// before the server has settings. As quic-go's 32.</summary>
    public const int MaxPackets = 32;

    /// <summary>Longer ones are not kept: nobody sends them before the path's size is known.</summary>
    public const int MaxLength = 2048;

    private readonly List<Kept> _kept = [];

    public int Count => _kept.Count;

    public void Keep(ReadOnlySpan<byte> packet, in DatagramArrival arrival)
    {
        if (_kept.Count < MaxPackets && packet.Length <= MaxLength)
        {
            byte[] copy = ArrayPool<byte>.Shared.Rent(packet.Length);
            packet.CopyTo(copy);
            _kept.Add(new Kept(copy, packet.Length, arrival));
        }
    }

    /// <summary>Takes the oldest out; the caller returns the buffer to the shared pool.</summary>
    public Kept TakeFirst()
    {
        Kept first = _kept[0];
        _kept.RemoveAt(0);
        return first;
    }

    public void Dispose()
    {
        foreach (Kept kept in _kept)
        {
            ArrayPool<byte>.Shared.Return(kept.Buffer);
        }

        _kept.Clear();
    }

    internal readonly record struct Kept(byte[] Buffer, int Length, DatagramArrival Arrival);
}
