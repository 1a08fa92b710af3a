using System.Buffers.Binary;
using System.Diagnostics;

namespace Quiver.Tool.Perf;

/// <summary>One stream to the server, as fast as it goes, until the server has said how many bytes it got.</summary>
internal sealed class UploadScenario : IPerfScenario
{
    public string Name => "upload";

    public string Unit => "Gbit/s";

    public async Task<PerfSample> RunAsync(PerfClient client, PerfOptions options, CancellationToken cancellationToken)
    {
        await using QuicConnection connection = await client.ConnectAsync(cancellationToken);
        byte[] buffer = new byte[options.BufferLength];
        byte[] answer = new byte[sizeof(long)];
        await SendAsync(options.WarmUp);
        long start = Stopwatch.GetTimestamp();
        long bytes = await SendAsync(options.Duration);
        return new PerfSample(bytes * 8 / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9);

        async Task<long> SendAsync(TimeSpan duration)
        {
            await using QuicStream stream = await PerfClient.OpenAsync(connection, PerfOperation.Upload, 0, isAll: false, cancellationToken);
            long from = Stopwatch.GetTimestamp();
            do
            {
                await stream.WriteAsync(buffer, cancellationToken);
            }
            while (Stopwatch.GetElapsedTime(from) < duration);

            stream.CompleteWrites();
            await stream.ReadExactlyAsync(answer, cancellationToken);
            return BinaryPrimitives.ReadInt64BigEndian(answer);
        }
    }
}
