using System.Net;

namespace Quiver.Http3.Tests.Infrastructure;

/// <summary>Our server and our client, on a connection over the loopback address.</summary>
internal sealed class Http3Pair : IAsyncDisposable
{
    private Http3Pair(Http3Server server, Http3ClientConnection client)
    {
        Server = server;
        Client = client;
    }

    public Http3Server Server { get; }

    public Http3ClientConnection Client { get; }

    public static async Task<Http3Pair> CreateAsync(
        Func<Http3Context, Task> handler,
        Action<Http3ServerOptions>? server = null,
        Action<Http3ClientConnectionOptions>? client = null)
    {
        Http3ServerOptions options = ServerOptions(handler);
        server?.Invoke(options);
        Http3Server listening = await Http3Server.ListenAsync(options).Soon();
        Http3ClientConnectionOptions clientOptions = new();
        client?.Invoke(clientOptions);
        return new Http3Pair(listening, await Http3ClientConnection.ConnectAsync(Loopback.ClientOptions(listening.LocalEndPoint!), clientOptions).Soon());
    }

    public static Http3ServerOptions ServerOptions(Func<Http3Context, Task> handler) => new()
    {
        Handler = handler,
        ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
        ServerAuthenticationOptions = Loopback.ServerTls(),
    };

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content = null) =>
        Client.SendAsync(new HttpRequestMessage(method, $"https://localhost{path}") { Content = content }).Soon();

    public Task<HttpResponseMessage> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    /// <summary>Both ends have no request and no request stream left.</summary>
    public async Task NothingLeftAsync()
    {
        await Eventually.EqualAsync(0, () => Client.ActiveRequests);
        await Eventually.EqualAsync(0, () => Client.Connection.GetStatistics().Streams.Where(x => x.Type == QuicStreamType.Bidirectional).Sum(x => x.Count));
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync().Soon();
        await Server.DisposeAsync().Soon();
    }
}
