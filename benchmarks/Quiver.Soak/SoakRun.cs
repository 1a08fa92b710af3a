using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;

namespace Quiver.Soak;

/// <summary>Starts the server, runs the client here, and samples both each second.</summary>
internal static class SoakRun
{
    /// <summary>Streams that the server may have open at once: enough that those which wait for the collector hold nobody up.</summary>
    private const int Limit = 1_000;

    public static async Task<List<SoakSample>> RunAsync(TimeSpan duration, string csv)
    {
        using Process server = StartServer();
        int port = int.Parse((await server.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
        QuicConnection connection = await QuicConnection.ConnectAsync(new QuicClientConnectionOptions
        {
            RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, port),
            MaxInboundBidirectionalStreams = Limit,
            DefaultStreamErrorCode = 0,
            DefaultCloseErrorCode = 0,
            ClientAuthenticationOptions = new SslClientAuthenticationOptions
            {
                ApplicationProtocols = [SoakServer.Protocol],
                TargetHost = "localhost",
                RemoteCertificateValidationCallback = static (_, _, _, _) => true, // Made for this run.
            },
        });
        Task client = SoakClient.RunAsync(connection);
        List<SoakSample> samples = [];
        await using (StreamWriter file = new(csv))
        {
            await file.WriteLineAsync(SoakSample.Header);
            await SampleAsync(server, connection, duration, samples, file);
        }

        await connection.DisposeAsync();
        await client;
        server.StandardInput.Close();
        await server.WaitForExitAsync();
        return samples;
    }

    private static async Task SampleAsync(Process server, QuicConnection connection, TimeSpan duration, List<SoakSample> samples, StreamWriter file)
    {
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(1));
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < duration && await timer.WaitForNextTickAsync())
        {
            await server.StandardInput.WriteLineAsync("sample");
            SoakEnd end = SoakEnd.Parse((await server.StandardOutput.ReadLineAsync())!);
            var sample = new SoakSample(Stopwatch.GetElapsedTime(start).TotalSeconds, end.Opened, end, SoakEnd.Take(connection));
            samples.Add(sample);
            await file.WriteLineAsync(sample.ToString());
            if (samples.Count % 10 == 0)
            {
                await file.FlushAsync();
                Console.WriteLine(sample);
            }
        }
    }

    private static Process StartServer()
    {
        string dll = Path.Combine(AppContext.BaseDirectory, "Quiver.Soak.dll");
        return Process.Start(new ProcessStartInfo("dotnet", [dll, "--server"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }
}
