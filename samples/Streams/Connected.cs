using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Streams;

/// <summary>Two ends of a connection in one process, for the samples.</summary>
internal sealed class Connected : IAsyncDisposable
{
    private static readonly SslApplicationProtocol s_protocol = new("streams");

    private Connected(QuicListener listener, QuicConnection client, QuicConnection server) => (Listener, Client, Server) = (listener, client, server);

    public QuicListener Listener { get; }

    public QuicConnection Client { get; }

    public QuicConnection Server { get; }

    public static async Task<Connected> CreateAsync()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        QuicListener listener = await QuicListener.ListenAsync(new QuicListenerOptions
        {
            ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            ApplicationProtocols = [s_protocol],
            ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(new QuicServerConnectionOptions
            {
                DefaultStreamErrorCode = 0,
                DefaultCloseErrorCode = 0,
                ServerAuthenticationOptions = new SslServerAuthenticationOptions { ApplicationProtocols = [s_protocol], ServerCertificate = certificate },
            }),
        });
        Task<QuicConnection> accepted = listener.AcceptConnectionAsync().AsTask();
        QuicConnection client = await QuicConnection.ConnectAsync(new QuicClientConnectionOptions
        {
            RemoteEndPoint = listener.LocalEndPoint,
            MaxInboundBidirectionalStreams = 100,
            DefaultStreamErrorCode = 0,
            DefaultCloseErrorCode = 0,
            ClientAuthenticationOptions = new SslClientAuthenticationOptions
            {
                ApplicationProtocols = [s_protocol],
                TargetHost = "localhost",
                RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetCertHashString() == certificate.GetCertHashString(),
            },
        });
        return new Connected(listener, client, await accepted);
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Server.DisposeAsync();
        await Listener.DisposeAsync();
    }
}
