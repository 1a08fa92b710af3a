using System.Net;
using System.Net.Security;
using System.Text;

namespace Echo;

/// <summary>Sends a text and returns what comes back.</summary>
public static class EchoClient
{
    public static async Task<string> AskAsync(EndPoint server, string text, RemoteCertificateValidationCallback trust)
    {
        await using QuicConnection connection = await QuicConnection.ConnectAsync(new()
        {
            RemoteEndPoint = server,
            DefaultStreamErrorCode = 1,
            DefaultCloseErrorCode = 0,
            ClientAuthenticationOptions = new()
            {
                ApplicationProtocols = [new("echo")],
                TargetHost = "localhost",
                RemoteCertificateValidationCallback = trust,
            },
        });
        await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text), completeWrites: true);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }
}
