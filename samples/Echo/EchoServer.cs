using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Echo;

/// <summary>Sends back whatever comes, on every stream of every connection.</summary>
public static class EchoServer
{
    public static ValueTask<QuicListener> StartAsync(IPEndPoint endPoint, X509Certificate2 certificate)
    {
        List<SslApplicationProtocol> protocols = [new("echo")];
        var options = new QuicServerConnectionOptions
        {
            DefaultStreamErrorCode = 1,
            DefaultCloseErrorCode = 0,
            ServerAuthenticationOptions = new() { ApplicationProtocols = protocols, ServerCertificate = certificate },
        };
        return QuicListener.ListenAsync(new()
        {
            ListenEndPoint = endPoint,
            ApplicationProtocols = protocols,
            ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(options),
        });
    }

    public static async Task ServeAsync(QuicConnection connection)
    {
        await using (connection)
        {
            while (true)
            {
                await using QuicStream stream = await connection.AcceptInboundStreamAsync();
                await stream.CopyToAsync(stream);
                stream.CompleteWrites();
            }
        }
    }
}
