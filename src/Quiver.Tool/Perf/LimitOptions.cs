namespace Quiver.Tool.Perf;

/// <summary>What the machine-limit measurement sends.</summary>
internal sealed record LimitOptions
{
    public long Bytes { get; init; } = 4_000_000_000;

    public int DatagramLength { get; init; } = 1200;

    /// <summary>Bytes under way at once: enough to keep both sides busy, within a default socket buffer.</summary>
    public int Window { get; init; } = 512 * 1024;

    /// <summary>Round trips of the ping-pong; the first tenth warms up and is not counted.</summary>
    public int Pings { get; init; } = 20_000;

    /// <summary>Measures the portable socket.</summary>
    public bool Portable { get; init; }

    /// <summary>The arguments with which this executable runs <see cref="LimitReceiver.Run"/>.</summary>
    public required IReadOnlyList<string> ReceiverArguments { get; init; }
}
