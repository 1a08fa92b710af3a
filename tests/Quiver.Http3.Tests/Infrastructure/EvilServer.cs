using System.Net;
using System.Net.Security;

namespace Quiver.Http3.Tests.Infrastructure;

/// <summary>A server that is driven byte by byte, and our client connected to it.</summary>
internal sealed class EvilServer : IAsyncDisposable
{
    private readonly QuicListener _listener;

    /// <summary>A finalizer would end the streams.</summary>
    private readonly List<QuicStream> _kept = [];

    private EvilServer(QuicListener listener, QuicConnection connection, Http3ClientConnection client)
    {
        _listener = listener;
        Connection = connection;
        Client = client;
    }

    public QuicConnection Connection { get; }

    public Http3ClientConnection Client { get; }

    public static async Task<EvilServer> StartAsync(Action<Http3ClientConnectionOptions>? client = null, Action<QuicServerConnectionOptions>? server = null, Action<QuicClientConnectionOptions>? quic = null)
    {
        QuicServerConnectionOptions options = Loopback.ServerOptions();
        server?.Invoke(options);
        QuicListener listener = await QuicListener.ListenAsync(new QuicListenerOptions
        {
            ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            ApplicationProtocols = [SslApplicationProtocol.Http3],
            ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(options),
        }).Soon();
        Task<QuicConnection> accepting = listener.AcceptConnectionAsync().Soon();
        Http3ClientConnectionOptions clientOptions = new();
        client?.Invoke(clientOptions);
        QuicClientConnectionOptions quicOptions = Loopback.ClientOptions(listener.LocalEndPoint);
        quic?.Invoke(quicOptions);
        Http3ClientConnection connected = await Http3ClientConnection.ConnectAsync(quicOptions, clientOptions).Soon();
        return new EvilServer(listener, await accepting, connected);
    }

    /// <summary>Opens a unidirectional stream and writes to it; it stays open.</summary>
    public async Task<QuicStream> OpenAsync(params byte[] bytes)
    {
        QuicStream stream = await Connection.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon();
        _kept.Add(stream);
        await stream.WriteAsync(bytes).Soon();
        return stream;
    }

    /// <summary>Opens a control stream with empty SETTINGS and what follows.</summary>
    public Task<QuicStream> OpenControlAsync(params byte[] frames) => OpenAsync([0x00, 0x04, 0x00, .. frames]);

    /// <summary>The client sends a GET; gives its stream, whose request was read, and what it will come to.</summary>
    public async Task<(QuicStream Stream, Task<HttpResponseMessage> Response)> GetAsync(HttpMethod? method = null)
    {
        Task<HttpResponseMessage> response = Client.SendAsync(new HttpRequestMessage(method ?? HttpMethod.Get, "https://localhost/"));
        while (true)
        {
            QuicStream stream = await Connection.AcceptInboundStreamAsync().Soon();
            _kept.Add(stream);
            if (stream.Type == QuicStreamType.Bidirectional)
            {
                return (stream, response);
            }
        }
    }

    /// <summary>The client closes the connection with the code.</summary>
    public Task ClosedAsync(Http3ErrorCode code) => Closing.ExpectAsync(Connection, code);

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync().Soon();
        await Connection.DisposeAsync().Soon();
        await _listener.DisposeAsync().Soon();
    }
}
