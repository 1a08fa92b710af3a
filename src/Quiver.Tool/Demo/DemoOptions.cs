namespace Quiver.Tool.Demo;

/// <summary>How much the demo does.</summary>
internal sealed record DemoOptions
{
    public long Bytes { get; init; } = 256L << 20;

    public int Streams { get; init; } = 10_000;

    /// <summary>Short streams open at once.</summary>
    public int Parallel { get; init; } = 64;

    public int Handshakes { get; init; } = 20;

    public int Echoes { get; init; } = 1000;
}
