namespace Quiver.Tool.Perf;

/// <summary>A small message there and back on one stream, one at a time.</summary>
internal sealed class PingPongScenario : IPerfScenario
{
    public string Name => "pingpong";

    public string Unit => "round trips/s";

    public async Task<PerfSample> RunAsync(PerfClient client, PerfOptions options, CancellationToken cancellationToken)
    {
        await using QuicConnection connection = await client.ConnectAsync(cancellationToken);
        await using QuicStream stream = await PerfClient.OpenAsync(connection, PerfOperation.PingPong, options.PingLength, isAll: false, cancellationToken);
        byte[] message = new byte[options.PingLength];
        PerfSample sample = await Workers.RunAsync(
            options,
            1,
            async () =>
            {
                await stream.WriteAsync(message, cancellationToken);
                await stream.ReadExactlyAsync(message, cancellationToken);
            },
            cancellationToken);
        stream.CompleteWrites();
        return sample;
    }
}
