using System.Diagnostics;

namespace Quiver.Tool.Perf;

/// <summary>One stream from the server, as fast as it goes; bytes are counted where they arrive.</summary>
internal sealed class DownloadScenario : IPerfScenario
{
    public string Name => "download";

    public string Unit => "Gbit/s";

    public async Task<PerfSample> RunAsync(PerfClient client, PerfOptions options, CancellationToken cancellationToken)
    {
        await using QuicConnection connection = await client.ConnectAsync(cancellationToken);
        await using QuicStream stream = await PerfClient.OpenAsync(connection, PerfOperation.Download, options.BufferLength, isAll: true, cancellationToken);
        byte[] buffer = new byte[options.BufferLength];
        await ReadAsync(options.WarmUp);
        long start = Stopwatch.GetTimestamp();
        long bytes = await ReadAsync(options.Duration);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        stream.Abort(QuicAbortDirection.Read, 0);
        return new PerfSample(bytes * 8 / elapsed.TotalSeconds / 1e9);

        async Task<long> ReadAsync(TimeSpan duration)
        {
            long from = Stopwatch.GetTimestamp();
            long total = 0;
            do
            {
                total += await stream.ReadAsync(buffer, cancellationToken);
            }
            while (Stopwatch.GetElapsedTime(from) < duration);

            return total;
        }
    }
}
