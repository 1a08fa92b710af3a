using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Quiver.Tool.Hosting;
using Quiver.Tool.Output;
using Spectre.Console;

namespace Quiver.Tool.Demo;

/// <summary>One run of the demo: starts a server, shows one thing after the other, and closes with a table.</summary>
internal sealed class DemoRun(DemoOptions options, IAnsiConsole console)
{
    // How long the server may take to see the last streams' ends.
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(2);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        using X509Certificate2 certificate = SelfSignedCertificate.Create();
        SslServerAuthenticationOptions tls = new() { ApplicationProtocols = [DemoClient.Protocol], ServerCertificate = certificate };
        DemoServer handler = new();
        await using QuicServer server = await QuicServer.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), tls, handler, maxStreams: 1000);
        DemoClient client = new(server.LocalEndPoint, certificate);
        console.WriteLine($"Server on {server.LocalEndPoint}, client in the same process, a certificate made just now.");
        ResultTable table = new(console, "what", "result", "how");

        TimeSpan cold = (await client.HandshakeAsync(1, cancellationToken))[0];
        TimeSpan[] handshakes = await client.HandshakeAsync(options.Handshakes, cancellationToken);
        console.WriteLine($"Handshake: {Rate.OfTime(Median(handshakes))}.");
        table.Add("handshake", Rate.OfTime(Median(handshakes)), $"median of {handshakes.Length}; the very first {Rate.OfTime(cold)}");

        await using QuicConnection connection = await client.ConnectAsync(cancellationToken);
        table.Add("TLS", connection.NegotiatedCipherSuite.ToString(), "TLS 1.3, certificate checked");

        TimeSpan[] echoes = await client.EchoAsync(connection, options.Echoes, cancellationToken);
        console.WriteLine($"Echo: {Rate.OfTime(Median(echoes))} there and back.");
        table.Add("echo round trip", Rate.OfTime(Median(echoes)), $"median of {echoes.Length}, 64 bytes");

        TimeSpan transfer = await TransferAsync(client, connection, cancellationToken);
        table.Add("transfer", Rate.OfBytes(options.Bytes, transfer), $"{ByteSize.Format(options.Bytes)} in {Rate.OfTime(transfer)}, every byte compared");

        long streamsStart = Stopwatch.GetTimestamp();
        await client.ShortStreamsAsync(connection, options.Streams, options.Parallel, cancellationToken);
        TimeSpan streams = Stopwatch.GetElapsedTime(streamsStart);
        string perSecond = $"{Rate.OfCount(options.Streams / streams.TotalSeconds)} a second";
        console.WriteLine($"Short streams: {Rate.OfCount(options.Streams)} in {Rate.OfTime(streams)}, {perSecond}.");
        table.Add("short streams", perSecond, $"{Rate.OfCount(options.Streams)} echoed, {options.Parallel} at a time");

        await SettleAsync(handler, cancellationToken);
        table.Add("streams left open", $"{client.OpenStreams + handler.OpenStreams}", $"{client.OpenStreams} on the client, {handler.OpenStreams} on the server");
        console.WriteLine();
        table.Write();
        console.WriteLine($"Done in {Rate.OfTime(Stopwatch.GetElapsedTime(start))}.");
    }

    private async Task<TimeSpan> TransferAsync(DemoClient client, QuicConnection connection, CancellationToken cancellationToken)
    {
        TimeSpan elapsed = TimeSpan.Zero;
        await TransferDisplay.RunAsync(console, "Transfer", options.Bytes, async meter =>
        {
            await client.TransferAsync(connection, options.Bytes, meter, cancellationToken);
            elapsed = meter.Elapsed;
        });
        console.WriteLine($"Transfer: {ByteSize.Format(options.Bytes)} in {Rate.OfTime(elapsed)}, {Rate.OfBytes(options.Bytes, elapsed)}.");
        return elapsed;
    }

    private static async Task SettleAsync(DemoServer server, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        while (server.OpenStreams > 0 && Stopwatch.GetElapsedTime(start) < s_settle)
        {
            await Task.Delay(5, cancellationToken);
        }
    }

    private static TimeSpan Median(TimeSpan[] times)
    {
        TimeSpan[] sorted = [.. times.Order()];
        return sorted[sorted.Length / 2];
    }
}
