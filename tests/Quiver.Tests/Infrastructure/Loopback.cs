using System.Net;
using System.Net.Security;

namespace Quiver.Tests.Infrastructure;

/// <summary>Options for both ends of a connection over the loopback address; tests change what they are about.</summary>
internal static class Loopback
{
    public const long StreamError = 0xA1;
    public const long CloseError = 0xB2;

    public static readonly SslApplicationProtocol Protocol = new("quiver-test");

    public static SslServerAuthenticationOptions ServerTls() => new()
    {
        ApplicationProtocols = [Protocol],
        ServerCertificate = Certificates.Server,
    };

    public static SslClientAuthenticationOptions ClientTls() => new()
    {
        ApplicationProtocols = [Protocol],
        TargetHost = "localhost",
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
    };

    public static QuicServerConnectionOptions ServerOptions() => new()
    {
        DefaultStreamErrorCode = StreamError,
        DefaultCloseErrorCode = CloseError,
        ServerAuthenticationOptions = ServerTls(),
    };

    public static QuicClientConnectionOptions ClientOptions(EndPoint remote) => new()
    {
        RemoteEndPoint = remote,
        DefaultStreamErrorCode = StreamError,
        DefaultCloseErrorCode = CloseError,
        MaxInboundBidirectionalStreams = 100,
        MaxInboundUnidirectionalStreams = 100,
        ClientAuthenticationOptions = ClientTls(),
    };

    public static QuicListenerOptions ListenerOptions(QuicServerConnectionOptions? server = null) => new()
    {
        ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
        ApplicationProtocols = [Protocol],
        ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(server ?? ServerOptions()),
    };

    public static Task<QuicListener> ListenAsync(QuicServerConnectionOptions? server = null) => QuicListener.ListenAsync(ListenerOptions(server)).Soon();

    public static Task<QuicConnection> ConnectAsync(QuicListener listener) => QuicConnection.ConnectAsync(ClientOptions(listener.LocalEndPoint)).Soon();
}
