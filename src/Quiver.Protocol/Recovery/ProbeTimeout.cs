namespace Quiver.Protocol.Recovery;

/// <summary>How long to wait for an ACK before probing. RFC 9002 §6.2.1.</summary>
internal static class ProbeTimeout
{
    /// <summary>Timer granularity. RFC 9002 §6.1.2.</summary>
    public static readonly TimeSpan Granularity = TimeSpan.FromMilliseconds(1);

    private const int MaxBackoff = 16;

    public static TimeSpan Period(RttEstimator rtt, TimeSpan maxAckDelay)
    {
        TimeSpan variation = 4 * rtt.Variation;
        return rtt.Smoothed + (variation > Granularity ? variation : Granularity) + maxAckDelay;
    }

    /// <summary>Doubles for each probe in a row that brought no answer.</summary>
    public static TimeSpan BackedOff(TimeSpan period, int count) => period * (1L << Math.Min(count, MaxBackoff));
}
