using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Quiver.Load;

/// <summary>Connects, shakes hands and closes, again and again, on so many workers.</summary>
internal static class TlsClient
{
    public static async Task<(int Count, double Seconds)> RunAsync(int port, int concurrency, double seconds)
    {
        long start = Stopwatch.GetTimestamp();
        int[] counts = await Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => Task.Run(() => WorkAsync(port, start, seconds))));
        return (counts.Sum(), Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private static async Task<int> WorkAsync(int port, long start, double seconds)
    {
        int count = 0;
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
        {
            using var client = new TcpClient { NoDelay = true };
            await client.ConnectAsync(IPAddress.Loopback, port);
            await using var tls = new SslStream(client.GetStream());
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                EnabledSslProtocols = SslProtocols.Tls13,
                AllowTlsResume = false,
                ApplicationProtocols = [new("bench")],
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
            });
            count++;
        }

        return count;
    }
}
