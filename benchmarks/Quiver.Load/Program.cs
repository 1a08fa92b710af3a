using System.Diagnostics;
using System.Globalization;
using Quiver.Load;

// TLS 1.3 over TCP by SslStream, as a measure for QUIC handshakes: the same kind of certificate and the same checks as QuicBench's
// "handshake" scenario, server and client in two processes.
//   Quiver.Load [--concurrency 32] [--warmup 15] [--duration 8]
if (args is ["--serve"])
{
    await TlsServer.RunAsync();
    return;
}

int concurrency = (int)Option("--concurrency", 32);
double warmup = Option("--warmup", 15);
double duration = Option("--duration", 8);
using var server = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, "--serve") { RedirectStandardOutput = true, RedirectStandardInput = true })!;
try
{
    int port = int.Parse((await server.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
    await TlsClient.RunAsync(port, concurrency, warmup);
    server.Refresh();
    using var self = Process.GetCurrentProcess();
    TimeSpan before = self.TotalProcessorTime + server.TotalProcessorTime;
    (int count, double seconds) = await TlsClient.RunAsync(port, concurrency, duration);
    server.Refresh();
    self.Refresh();
    double cpu = (self.TotalProcessorTime + server.TotalProcessorTime - before).TotalMicroseconds / count;
    Console.WriteLine($"{{\"scenario\":\"handshake\",\"impl\":\"SslStream\",\"value\":{count / seconds:f1},\"unit\":\"handshakes/s\",\"concurrency\":{concurrency},\"ops\":{count},\"cpu_us_per_op\":{cpu:f1}}}");
}
finally
{
    server.Kill();
}

double Option(string name, double absent)
{
    int index = Array.IndexOf(args, name);
    return index < 0 ? absent : double.Parse(args[index + 1], CultureInfo.InvariantCulture);
}
