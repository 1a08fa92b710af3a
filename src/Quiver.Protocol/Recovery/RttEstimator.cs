namespace Quiver.Protocol.Recovery;

/// <summary>Round-trip time: latest, minimum, smoothed, variation. RFC 9002 §5.</summary>
internal sealed class RttEstimator
{
    /// <summary>Before there is a sample. RFC 9002 §6.2.2.</summary>
    public static readonly TimeSpan InitialRtt = TimeSpan.FromMilliseconds(333);

    public TimeSpan Latest { get; private set; }

    public TimeSpan Min { get; private set; }

    public TimeSpan Smoothed { get; private set; } = InitialRtt;

    public TimeSpan Variation { get; private set; } = InitialRtt / 2;

    public bool HasSample { get; private set; }

    /// <summary>Another path, of which nothing is known. RFC 9000 §9.4.</summary>
    public void Reset()
    {
        Latest = Min = TimeSpan.Zero;
        Smoothed = InitialRtt;
        Variation = InitialRtt / 2;
        HasSample = false;
    }

    public void AddSample(TimeSpan latest, TimeSpan ackDelay)
    {
        Latest = latest;
        if (!HasSample)
        {
            HasSample = true;
            Min = Smoothed = latest;
            Variation = latest / 2;
            return;
        }

        // The minimum ignores the peer's delay. RFC 9002 §5.2.
        Min = latest < Min ? latest : Min;

        // The delay is not taken off where that would go below the minimum. RFC 9002 §5.3.
        TimeSpan adjusted = latest - Min >= ackDelay ? latest - ackDelay : latest;
        long deviation = Math.Abs((Smoothed - adjusted).Ticks);
        Variation = new TimeSpan(((3 * Variation.Ticks) + deviation) / 4);
        Smoothed = new TimeSpan(((7 * Smoothed.Ticks) + adjusted.Ticks) / 8);
    }
}
