using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Quiver.Http3;
using Quiver.Tool.Commands;
using Quiver.Tool.Hq;
using Quiver.Tool.Http3;
using Quiver.Tool.Output;

namespace Quiver.Tool.Get;

/// <summary>Fetches all URLs: one connection for each server, several streams at once on it. A URL that fails does not stop the others.</summary>
internal sealed class GetRun(GetOptions options, ToolOutput output)
{
    private readonly Lock _lock = new();
    private int _failed;

    /// <summary>Returns whether every file arrived whole.</summary>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        List<Download> downloads = [];
        foreach (Uri url in options.Urls)
        {
            downloads.Add(new Download(url, Destination.For(url, options.Output, options.Urls.Count == 1)));
        }

        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Timeout);
        string title = downloads.Count == 1 ? downloads[0].Url.AbsolutePath : $"{downloads.Count} files";
        string summary = string.Empty;
        try
        {
            await TransferDisplay.RunAsync(output.Messages, title, total: null, async meter =>
            {
                await Task.WhenAll(downloads.GroupBy(download => download.Url.Authority, StringComparer.OrdinalIgnoreCase)
                    .Select(group => FetchAsync([.. group], meter, limit.Token)));
                summary = $"{ByteSize.Format(meter.Bytes)} in {Rate.OfTime(meter.Elapsed)}, {Rate.OfBytes(meter.Bytes, meter.Elapsed)}";
            });
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            string seconds = options.Timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture);
            throw new ToolException($"{title}: not done after {seconds} s; --timeout allows more.");
        }

        await output.Error.WriteLineAsync(
            _failed == 0 ? $"{title}: {summary}" : $"{title}: {summary}, {_failed} of {downloads.Count} failed");
        return _failed == 0;
    }

    private async Task FetchAsync(IReadOnlyList<Download> downloads, TransferMeter meter, CancellationToken cancellationToken)
    {
        Uri first = downloads[0].Url;
        ConnectionReport? report = options.Verbose ? new(first.Authority) : null;
        QuicConnection connection;
        try
        {
            connection = await GetConnection.ConnectAsync(first.IdnHost.Trim('[', ']'), PortOf(first), options, cancellationToken);
        }
        catch (Exception e) when (e is QuicException or AuthenticationException or SocketException)
        {
            Fail(Failures.Describe(e, first.GetLeftPart(UriPartial.Authority)), downloads.Count);
            return;
        }

        await using (connection)
        {
            await using Http3ClientConnection? http3 = connection.NegotiatedApplicationProtocol == SslApplicationProtocol.Http3 ? new(connection) : null;
            IFileClient client = http3 is null ? new HqClient(connection) : new Http3FileClient(http3);
            using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task<string?> migration = options.MigrateAfter is { } after
                ? Migration.RunAsync(connection, after, meter, ended.Token, cancellationToken)
                : Task.FromResult<string?>(null);
            Task<string> start = report?.DescribeStartAsync(connection) ?? Task.FromResult(string.Empty);
            ParallelOptions parallel = new() { MaxDegreeOfParallelism = options.Parallel, CancellationToken = cancellationToken };
            await Parallel.ForEachAsync(downloads, parallel, async (download, cancel) =>
            {
                try
                {
                    await download.RunAsync(client, output, meter, cancel);
                }
                catch (ToolException e)
                {
                    Fail(e.Message, 1);
                }
            });
            await ended.CancelAsync();
            await ReportMigrationAsync(first, migration);
            if (report is not null)
            {
                Write(await start + report.DescribeEnd(connection));
            }

            if (options.Resume && connection.HandshakeCompleted.IsCompletedSuccessfully)
            {
                await output.Error.WriteLineAsync($"{first.Authority}: {await GetConnection.DescribeAsync(connection)}");
            }
        }
    }

    private async Task ReportMigrationAsync(Uri server, Task<string?> migration)
    {
        if (options.MigrateAfter is not { } after)
        {
            return;
        }

        try
        {
            string outcome = await migration ?? $"not moved: all was there before {after}";
            await output.Error.WriteLineAsync($"{server.Authority}: {outcome}");
        }
        catch (ToolException e)
        {
            Fail(e.Message, 0);
        }
    }

    private void Write(string lines)
    {
        lock (_lock)
        {
            output.Error.Write(lines);
        }
    }

    private void Fail(string message, int files)
    {
        lock (_lock)
        {
            _failed += files;
            output.Error.WriteLine($"quiver: {message}");
        }
    }

    // "hq" is no scheme that Uri knows a port of.
    private static int PortOf(Uri url) => url.Port > 0 ? url.Port : 443;
}
