using Quiver.Protocol.Primitives;

namespace Quiver.Diagnostics;

/// <summary>When a stream was opened and when the application last did something with it. Twelve bytes a stream.</summary>
internal struct StreamAttention(Timestamp opened)
{
    private int _touchedAfter;

    public Timestamp Opened { get; } = opened;

    /// <summary>To the millisecond, for 24 days; a stream older than that counts as never touched since.</summary>
    public readonly Timestamp LastTouch => Opened + TimeSpan.FromMilliseconds(_touchedAfter);

    /// <summary>The application accepts it, reads or writes.</summary>
    public void Touch(Timestamp now) => _touchedAfter = (int)Math.Clamp((now - Opened).Ticks / TimeSpan.TicksPerMillisecond, 0, int.MaxValue);
}
