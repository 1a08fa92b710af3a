using System.Diagnostics;
using Quiver.Protocol.Primitives;

namespace Quiver.Driving;

/// <summary>The one clock of the process for connections: never set back, 100 ns a tick.</summary>
internal static class MonotonicClock
{
    private static readonly double s_ticksPerCount = (double)TimeSpan.TicksPerSecond / Stopwatch.Frequency;
    private static readonly long s_countsPerTick = Stopwatch.Frequency % TimeSpan.TicksPerSecond == 0
        ? Stopwatch.Frequency / TimeSpan.TicksPerSecond
        : 0;

    /// <summary>The Unix time in milliseconds at which this clock was at zero, as the system's clock stands now.</summary>
    public static long UnixMillisecondsAtZero => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - (Now.Ticks / TimeSpan.TicksPerMillisecond);

    public static Timestamp Now
    {
        get
        {
            long count = Stopwatch.GetTimestamp();
            return new Timestamp(s_countsPerTick != 0 ? count / s_countsPerTick : (long)(count * s_ticksPerCount));
        }
    }
}
