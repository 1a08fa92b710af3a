using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Congestion;

/// <summary>
/// Spreads a window over a round trip: a bucket of bytes that fills at 1.25 windows a round trip. RFC 9002 §7.7.
/// The bucket holds what the rate gives in <see cref="s_burstTime"/>, so that batches stay whole.
/// </summary>
internal sealed class Pacer
{
    /// <summary>Timers and batches are not finer than this.</summary>
    private static readonly TimeSpan s_burstTime = TimeSpan.FromMilliseconds(1);

    /// <summary>The initial window may leave at once. RFC 9002 §7.7.</summary>
    private const int MinBurstDatagrams = 10;

    private readonly int _datagram;
    private double _budget;
    private Timestamp _last;

    public Pacer(int maxDatagramSize)
    {
        _datagram = maxDatagramSize;
        _budget = MinBurstDatagrams * maxDatagramSize;
    }

    /// <summary>When a full datagram may be sent; at or before <paramref name="now"/>: now.</summary>
    public Timestamp NextSend(ulong congestionWindow, TimeSpan smoothedRtt, Timestamp now)
    {
        double rate = Rate(congestionWindow, smoothedRtt);
        Refill(rate, now);
        return _budget >= _datagram ? now : now + new TimeSpan((long)Math.Ceiling((_datagram - _budget) / rate));
    }

    /// <summary>Another path, of which nothing is known.</summary>
    public void Reset() => _budget = MinBurstDatagrams * _datagram;

    public void OnSent(int bytes) => _budget -= bytes;

    /// <summary>Bytes per tick.</summary>
    private static double Rate(ulong congestionWindow, TimeSpan smoothedRtt) => 1.25 * congestionWindow / Math.Max(1, smoothedRtt.Ticks);

    private void Refill(double rate, Timestamp now)
    {
        long elapsed = (now - _last).Ticks;
        if (elapsed > 0)
        {
            _last = now;
            double burst = Math.Max(MinBurstDatagrams * _datagram, rate * s_burstTime.Ticks);
            _budget = Math.Min(burst, _budget + (rate * elapsed));
        }
    }
}
