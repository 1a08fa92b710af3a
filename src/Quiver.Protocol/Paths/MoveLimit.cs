using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Paths;

/// <summary>
/// How often a peer is followed to another address: so many times at once, then once a round trip. A NAT that gives each packet another
/// port, or somebody who plays one, then costs no more than that; packets are taken all the same.
/// </summary>
internal sealed class MoveLimit
{
    /// <summary>More than a phone does that goes from one network to the other and back.</summary>
    public const int Burst = 4;

    /// <summary>A round trip on a loopback device is no measure for moves.</summary>
    private static readonly TimeSpan s_minInterval = TimeSpan.FromMilliseconds(10);

    // When all moves are allowed again.
    private Timestamp _restedAt = new(long.MinValue);

    public bool TryTake(TimeSpan roundTrip, Timestamp now)
    {
        TimeSpan interval = roundTrip > s_minInterval ? roundTrip : s_minInterval;
        Timestamp from = Timestamp.Max(_restedAt, now);
        if (from - now > (Burst - 1) * interval)
        {
            return false;
        }

        _restedAt = from + interval;
        return true;
    }
}
