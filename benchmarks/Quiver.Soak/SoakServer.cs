using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Quiver.Soak;

/// <summary>The report's server, in its own process: opens streams as fast as it can, writes, finishes its write half, forgets them.</summary>
internal static class SoakServer
{
    public static readonly SslApplicationProtocol Protocol = new("quiver-soak");

    public static async Task RunAsync()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        await using QuicListener listener = await QuicListener.ListenAsync(new QuicListenerOptions
        {
            ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            ApplicationProtocols = [Protocol],
            ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(new QuicServerConnectionOptions
            {
                DefaultStreamErrorCode = 0,
                DefaultCloseErrorCode = 0,
                ServerAuthenticationOptions = new SslServerAuthenticationOptions { ApplicationProtocols = [Protocol], ServerCertificate = certificate },
            }),
        });
        Console.WriteLine(listener.LocalEndPoint.Port);
        await using QuicConnection connection = await listener.AcceptConnectionAsync();
        Task opening = OpenAsync(connection);
        while (await Console.In.ReadLineAsync() is not null)
        {
            Console.WriteLine(SoakEnd.Take(connection).ToLine());
        }

        await connection.DisposeAsync();
        await opening;
    }

    private static async Task OpenAsync(QuicConnection connection)
    {
        byte[] greeting = "hello from server"u8.ToArray();
        try
        {
            while (true)
            {
                QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
                try
                {
                    await stream.WriteAsync(greeting);
                    stream.CloseWrite();
                }
                catch (QuicException e) when (e.QuicError == QuicError.StreamAborted)
                {
                    // The client wants none of it.
                }
            }
        }
        catch (Exception e) when (e is QuicException or ObjectDisposedException)
        {
            // The soak is over.
        }
    }
}
