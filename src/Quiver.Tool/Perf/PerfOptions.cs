using System.Net;

namespace Quiver.Tool.Perf;

/// <summary>What is measured and how long.</summary>
internal sealed record PerfOptions
{
    public required IReadOnlyList<IPerfScenario> Scenarios { get; init; }

    /// <summary>A running <c>quiver perf --serve</c>; null: a second process of our own.</summary>
    public EndPoint? Server { get; init; }

    public int Runs { get; init; } = 3;

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(4);

    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Requests or handshakes under way at once.</summary>
    public int Concurrency { get; init; } = 100;

    public int RequestLength { get; init; } = 100;

    public int ResponseLength { get; init; } = 1000;

    /// <summary>Bytes in one read or write of a transfer.</summary>
    public int BufferLength { get; init; } = 64 << 10;

    public int PingLength { get; init; } = 64;

    /// <summary>Whether the machine's own limit is measured beside.</summary>
    public bool WithLimit { get; init; }

    /// <summary>Bytes of the limit's transfer.</summary>
    public long LimitBytes { get; init; } = 2_000_000_000;
}
