using Quiver.Protocol.Connections;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Endpoints;

/// <summary>
/// 0-RTT packets that overtook the Initial of their connection, kept for a moment until it comes. RFC 9001 §4.6.2, §5.7.
/// Anybody can send them, so everything is capped. For one thread.
/// </summary>
internal sealed class EarlyPackets
{
    /// <summary>Connections waited for at a time: reordering is rare. As quic-go's 32.</summary>
    public const int MaxIds = 32;

    /// <summary>Datagrams kept for one: a first window less the Initial. As quic-go's 31.</summary>
    public const int MaxPackets = 31;

    /// <summary>Bytes kept for all.</summary>
    public const int MaxBytes = 512 * 1024;

    /// <summary>Longer than packets overtake each other. As quic-go's.</summary>
    public static readonly TimeSpan MaxTime = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<ConnectionId, Waiting> _waiting = [];
    private int _bytes;

    public int Count => _waiting.Count;

    public void Keep(in ConnectionId destination, ReadOnlySpan<byte> datagram, in DatagramArrival arrival, Timestamp now)
    {
        if (!_waiting.TryGetValue(destination, out Waiting? waiting))
        {
            RemoveOld(now);
            if (_waiting.Count == MaxIds)
            {
                return;
            }

            waiting = new Waiting(now + MaxTime);
            _waiting.Add(destination, waiting);
        }

        if (now <= waiting.Expires && waiting.Datagrams.Count < MaxPackets && _bytes + datagram.Length <= MaxBytes)
        {
            waiting.Datagrams.Add((datagram.ToArray(), arrival));
            _bytes += datagram.Length;
        }
    }

    /// <summary>Takes out what came for a connection; empty when nothing did, or too long ago.</summary>
    public IReadOnlyList<(byte[] Datagram, DatagramArrival Arrival)> Take(in ConnectionId destination, Timestamp now)
    {
        if (_waiting.Count == 0 || !_waiting.TryGetValue(destination, out Waiting? waiting))
        {
            return [];
        }

        Remove(destination, waiting);
        return now <= waiting.Expires ? waiting.Datagrams : [];
    }

    private void RemoveOld(Timestamp now)
    {
        foreach ((ConnectionId id, Waiting waiting) in _waiting)
        {
            if (now > waiting.Expires)
            {
                Remove(id, waiting);
            }
        }
    }

    private void Remove(in ConnectionId id, Waiting waiting)
    {
        _waiting.Remove(id);
        _bytes -= waiting.Datagrams.Sum(x => x.Datagram.Length);
    }

    private sealed class Waiting(Timestamp expires)
    {
        public Timestamp Expires { get; } = expires;

        public List<(byte[] Datagram, DatagramArrival Arrival)> Datagrams { get; } = [];
    }
}
