using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Quiver.Tool.Hosting;

namespace Quiver.Tool.Demo.Leak;

/// <summary>
/// The report's server: opens bidirectional streams, writes a greeting, finishes its write half, and never touches them again. Says its
/// port and certificate in its first line, and answers each line of its input with a sample, collected if that is asked for; ends with its input.
/// </summary>
internal static class LeakServer
{
    /// <summary>Asks for <see cref="LeakSample.TakeCollected"/>; any other line for <see cref="LeakSample.Take"/>.</summary>
    public const string Collected = "collected";

    private static readonly byte[] s_greeting = "hello from server"u8.ToArray();

    public static async Task RunAsync(TimeSpan every, TextReader input, TextWriter output, CancellationToken cancellationToken)
    {
        using X509Certificate2 certificate = SelfSignedCertificate.Create();
        await using QuicListener listener = await ListenAsync(certificate, cancellationToken);
        await output.WriteLineAsync($"{listener.LocalEndPoint.Port} {Convert.ToBase64String(certificate.RawDataMemory.Span)}");
        await output.FlushAsync(cancellationToken);
        await using QuicConnection connection = await listener.AcceptConnectionAsync(cancellationToken);
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task opening = OpenAsync(connection, every, ended.Token);
        while (await input.ReadLineAsync(cancellationToken) is { } line)
        {
            LeakSample sample = line == Collected ? LeakSample.TakeCollected(connection) : LeakSample.Take(connection);
            await output.WriteLineAsync(sample.ToString());
            await output.FlushAsync(cancellationToken);
        }

        await ended.CancelAsync();
        await opening;
    }

    private static ValueTask<QuicListener> ListenAsync(X509Certificate2 certificate, CancellationToken cancellationToken) => QuicListener.ListenAsync(
        new QuicListenerOptions
        {
            ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            ApplicationProtocols = [DemoClient.Protocol],
            ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(new QuicServerConnectionOptions
            {
                DefaultStreamErrorCode = 0,
                DefaultCloseErrorCode = 0,
                ServerAuthenticationOptions = new SslServerAuthenticationOptions
                {
                    ApplicationProtocols = [DemoClient.Protocol],
                    ServerCertificate = certificate,
                },
            }),
        },
        cancellationToken);

    private static async Task OpenAsync(QuicConnection connection, TimeSpan every, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        long opened = 0;
        try
        {
            while (true)
            {
                // A timer ticks too coarsely for a millisecond: what is due is opened, however many that are.
                if (every > TimeSpan.Zero && Stopwatch.GetElapsedTime(start) < every * opened)
                {
                    await Task.Delay(1, cancellationToken);
                    continue;
                }

                await SendAsync(await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellationToken));
                opened++;
            }
        }
        catch (OperationCanceledException)
        {
            // The demo is over.
        }
        catch (QuicException e) when (e.QuicError is not (QuicError.InternalError or QuicError.TransportError))
        {
            // The client has gone: the demo is over.
        }
    }

    private static async ValueTask SendAsync(QuicStream stream)
    {
        try
        {
            await stream.WriteAsync(s_greeting, CancellationToken.None);
            stream.CloseWrite();
        }
        catch (QuicException e) when (e.QuicError == QuicError.StreamAborted)
        {
            // The client wants none of it.
        }
    }
}
