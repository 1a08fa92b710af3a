namespace Quiver.Tool.Perf;

/// <summary>Full handshakes: connect, close, and again, several at once.</summary>
internal sealed class HandshakeScenario : IPerfScenario
{
    // More than this many wait for the processor, not for each other.
    public const int MaxConcurrency = 16;

    public string Name => "handshakes";

    public string Unit => "handshakes/s";

    public Task<PerfSample> RunAsync(PerfClient client, PerfOptions options, CancellationToken cancellationToken) => Workers.RunAsync(
        options,
        Math.Min(options.Concurrency, MaxConcurrency),
        async () =>
        {
            await using QuicConnection connection = await client.ConnectAsync(cancellationToken);
        },
        cancellationToken);
}
