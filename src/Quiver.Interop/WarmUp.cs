using System.Net;
using System.Net.Security;
using Quiver.Tool.Hosting;
using Quiver.Tool.Hq;

namespace Quiver.Interop;

/// <summary>
/// A connection of this process with itself, so that the code is compiled before the runner's first packet: a first answer that comes a
/// third of a second late is taken for the path's round trip by the other side.
/// </summary>
internal static class WarmUp
{
    private const int Streams = 10;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    public static async Task RunAsync()
    {
        using CancellationTokenSource limit = new(s_limit);
        try
        {
            await ConnectAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // A machine so busy has nothing to gain here: the test case goes on as it can.
        }
    }

    private static async Task ConnectAsync(CancellationToken cancellationToken)
    {
        SslStreamCertificateContext identity = ServerCertificate.CreateSelfSigned();
        SslServerAuthenticationOptions tls = new() { ApplicationProtocols = [HqProtocol.Name], ServerCertificateContext = identity };
        await using QuicServer server = await QuicServer.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), tls, new EchoHandler(), Streams);
        QuicClientConnectionOptions options = new()
        {
            RemoteEndPoint = server.LocalEndPoint,
            DefaultStreamErrorCode = 0,
            DefaultCloseErrorCode = 0,
            SessionTickets = new SessionTicketStore(),
            AddressTokens = AddressTokenStore.None,
            HandshakeTimeout = Timeout.InfiniteTimeSpan,
            ClientAuthenticationOptions = new SslClientAuthenticationOptions
            {
                ApplicationProtocols = [HqProtocol.Name],
                TargetHost = "localhost",
#pragma warning disable CA5359 // Its own certificate.
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
            },
        };
        await using QuicConnection connection = await QuicConnection.ConnectAsync(options, cancellationToken);
        await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => ExchangeAsync(connection, cancellationToken)));
    }

    private static async Task ExchangeAsync(QuicConnection connection, CancellationToken cancellationToken)
    {
        await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellationToken);
        await stream.WriteAsync(new byte[10_000], completeWrites: true, cancellationToken);
        byte[] buffer = new byte[4096];
        while (await stream.ReadAsync(buffer, cancellationToken) > 0)
        {
            // What comes back does not matter.
        }
    }

    private sealed class EchoHandler : IStreamHandler
    {
        public async Task HandleAsync(QuicConnection connection, QuicStream stream, CancellationToken cancellationToken)
        {
            byte[] buffer = new byte[4096];
            int count;
            while ((count = await stream.ReadAsync(buffer, cancellationToken)) > 0)
            {
                await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            }

            stream.CompleteWrites();
        }
    }
}
