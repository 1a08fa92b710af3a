namespace Quiver.Protocol.Primitives;

/// <summary>A reading of a monotonic clock, in ticks of 100 ns from an origin that only the caller knows.</summary>
internal readonly record struct Timestamp(long Ticks) : IComparable<Timestamp>
{
    /// <summary>Later than every other reading: a deadline that is not set.</summary>
    public static Timestamp Never => new(long.MaxValue);

    public static Timestamp Min(Timestamp a, Timestamp b) => a.Ticks <= b.Ticks ? a : b;

    public static Timestamp Max(Timestamp a, Timestamp b) => a.Ticks >= b.Ticks ? a : b;

    public static Timestamp operator +(Timestamp t, TimeSpan d) =>
        t.Ticks > long.MaxValue - Math.Max(d.Ticks, 0) ? Never : new(t.Ticks + d.Ticks);

    public static Timestamp operator -(Timestamp t, TimeSpan d) => new(t.Ticks - d.Ticks);

    public static TimeSpan operator -(Timestamp a, Timestamp b) => new(a.Ticks - b.Ticks);

    public static bool operator <(Timestamp a, Timestamp b) => a.Ticks < b.Ticks;

    public static bool operator >(Timestamp a, Timestamp b) => a.Ticks > b.Ticks;

    public static bool operator <=(Timestamp a, Timestamp b) => a.Ticks <= b.Ticks;

    public static bool operator >=(Timestamp a, Timestamp b) => a.Ticks >= b.Ticks;

    public int CompareTo(Timestamp other) => Ticks.CompareTo(other.Ticks);
}
