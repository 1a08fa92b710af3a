using System.Buffers;

namespace Quiver.Tool.Perf;

/// <summary>Requests and responses, each on a stream of its own, many at once on one connection.</summary>
internal sealed class RequestScenario : IPerfScenario
{
    public string Name => "rps";

    public string Unit => "requests/s";

    public async Task<PerfSample> RunAsync(PerfClient client, PerfOptions options, CancellationToken cancellationToken)
    {
        await using QuicConnection connection = await client.ConnectAsync(cancellationToken);
        byte[] request = new byte[Math.Max(options.RequestLength, PerfProtocol.HeaderLength)];
        PerfProtocol.WriteHeader(request, PerfOperation.Request, options.ResponseLength);
        return await Workers.RunAsync(options, options.Concurrency, RequestAsync, cancellationToken);

        async Task RequestAsync()
        {
            byte[] buffer = ArrayPool<byte>.Shared.Rent(4096);
            await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellationToken);
            await stream.WriteAsync(request, completeWrites: true, cancellationToken);
            int count;
            int total = 0;
            while ((count = await stream.ReadAsync(buffer, cancellationToken)) > 0)
            {
                total += count;
            }

            ArrayPool<byte>.Shared.Return(buffer);
            if (total != options.ResponseLength)
            {
                throw new InvalidOperationException($"A response of {total} bytes instead of {options.ResponseLength}.");
            }
        }
    }
}
