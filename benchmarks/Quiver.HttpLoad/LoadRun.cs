using System.Diagnostics;
using System.Globalization;
using System.Net;
using Quiver.Http3;

namespace Quiver.HttpLoad;

/// <summary>A server process, clients with one connection each, and workers that send request after request.</summary>
internal sealed class LoadRun : IAsyncDisposable
{
    private readonly string _protocol;
    private readonly string _path;
    private readonly Process _server;
    private readonly HttpClient[] _clients;
    private readonly int _concurrency;

    private LoadRun(string protocol, string path, Process server, HttpClient[] clients, int concurrency)
    {
        _protocol = protocol;
        _path = path;
        _server = server;
        _clients = clients;
        _concurrency = concurrency;
    }

    public static async Task<LoadRun> StartAsync(string protocol, string path, int connections, int concurrency, double warmup)
    {
        Process server = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["--serve", protocol])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        })!;
        int port = int.Parse((await server.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
        LoadRun run = new(protocol, path, server, [.. Enumerable.Range(0, connections).Select(_ => CreateClient(protocol, port))], concurrency);
        await run.RepeatAsync(warmup);
        return run;
    }

    /// <summary>A line of JSON; of the whole, and for each request: CPU of both ends, bytes allocated at each.</summary>
    public async Task<string> MeasureAsync(double duration)
    {
        (double serverCpu, double serverBytes) = await ReadServerAsync();
        using Process self = Process.GetCurrentProcess();
        double clientCpu = self.TotalProcessorTime.TotalMicroseconds;
        long clientBytes = GC.GetTotalAllocatedBytes();
        (long requests, long bytes, double seconds) = await RepeatAsync(duration);
        self.Refresh();
        clientCpu = self.TotalProcessorTime.TotalMicroseconds - clientCpu;
        clientBytes = GC.GetTotalAllocatedBytes() - clientBytes;
        (double serverCpuThen, double serverBytesThen) = await ReadServerAsync();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"protocol\":\"{_protocol}\",\"path\":\"{_path}\",\"connections\":{_clients.Length},\"concurrency\":{_concurrency},"
            + $"\"requests_per_s\":{requests / seconds:f0},\"gbit_per_s\":{bytes * 8 / seconds / 1e9:f2},"
            + $"\"cpu_client_us\":{clientCpu / requests:f1},\"cpu_server_us\":{(serverCpuThen - serverCpu) / requests:f1},"
            + $"\"alloc_client\":{clientBytes / (double)requests:f0},\"alloc_server\":{(serverBytesThen - serverBytes) / requests:f0}}}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (HttpClient client in _clients)
        {
            client.Dispose();
        }

        _server.Kill();
        await _server.WaitForExitAsync();
        _server.Dispose();
    }

    private static HttpClient CreateClient(string protocol, int port)
    {
        System.Net.Security.SslClientAuthenticationOptions tls = new() { RemoteCertificateValidationCallback = static (_, _, _, _) => true };
        HttpMessageHandler handler = protocol == "h3"
            ? new Http3Handler { SslOptions = tls, UseProxy = false, UseCookies = false }
            : new SocketsHttpHandler { SslOptions = tls, UseProxy = false, UseCookies = false };
        return new HttpClient(handler)
        {
            BaseAddress = new Uri($"https://localhost:{port}/"),
            DefaultRequestVersion = protocol == "h3" ? HttpVersion.Version30 : HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    private async Task<(long Requests, long Bytes, double Seconds)> RepeatAsync(double duration)
    {
        long start = Stopwatch.GetTimestamp();
        (long Requests, long Bytes)[] counts = await Task.WhenAll(
            Enumerable.Range(0, _concurrency).Select(worker => Task.Run(() => WorkAsync(_clients[worker % _clients.Length], start, duration))));
        return (counts.Sum(c => c.Requests), counts.Sum(c => c.Bytes), Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private async Task<(long Requests, long Bytes)> WorkAsync(HttpClient client, long start, double duration)
    {
        byte[] buffer = new byte[1 << 16];
        (long requests, long bytes) = (0, 0);
        do
        {
            using HttpRequestMessage request = new(HttpMethod.Get, _path)
            {
                Version = client.DefaultRequestVersion,
                VersionPolicy = client.DefaultVersionPolicy,
            };
            using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            response.EnsureSuccessStatusCode();
            await using Stream content = await response.Content.ReadAsStreamAsync();
            int count;
            while ((count = await content.ReadAsync(buffer)) > 0)
            {
                bytes += count;
            }

            requests++;
        }
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < duration);

        return (requests, bytes);
    }

    private async Task<(double Cpu, double Bytes)> ReadServerAsync()
    {
        string[] figures = (await _clients[0].GetStringAsync("stats")).Split(' ');
        return (double.Parse(figures[0], CultureInfo.InvariantCulture), double.Parse(figures[1], CultureInfo.InvariantCulture));
    }
}
