using System.Collections.Concurrent;

namespace Quiver.Tests.Infrastructure;

/// <summary>A listener and one connection, seen from both ends.</summary>
internal sealed class ConnectedPair : IAsyncDisposable
{
    private readonly ConcurrentQueue<(QuicStream Client, QuicStream Server)> _kept = [];

    private ConnectedPair(QuicListener listener, QuicConnection client, QuicConnection server)
    {
        Listener = listener;
        Client = client;
        Server = server;
    }

    public QuicListener Listener { get; }

    public QuicConnection Client { get; }

    public QuicConnection Server { get; }

    public static async Task<ConnectedPair> CreateAsync(
        Action<QuicClientConnectionOptions>? client = null, Action<QuicServerConnectionOptions>? server = null)
    {
        QuicServerConnectionOptions serverOptions = Loopback.ServerOptions();
        server?.Invoke(serverOptions);
        QuicListener listener = await Loopback.ListenAsync(serverOptions);
        try
        {
            QuicClientConnectionOptions clientOptions = Loopback.ClientOptions(listener.LocalEndPoint);
            client?.Invoke(clientOptions);
            Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
            QuicConnection connected = await QuicConnection.ConnectAsync(clientOptions).Soon();
            return new ConnectedPair(listener, connected, await accept);
        }
        catch
        {
            await listener.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// A stream that the client opened and the server accepted. Both handles live as long as the pair: one that a test has used for the last time
    /// would be collected, and its stream ended.
    /// </summary>
    public async Task<(QuicStream Client, QuicStream Server)> OpenAsync(QuicStreamType type = QuicStreamType.Bidirectional)
    {
        (QuicStream Client, QuicStream Server) streams = await OpenDroppableAsync(type);
        _kept.Enqueue(streams);
        return streams;
    }

    /// <summary>As <see cref="OpenAsync"/>, but nobody holds the handles.</summary>
    public async Task<(QuicStream Client, QuicStream Server)> OpenDroppableAsync(QuicStreamType type = QuicStreamType.Bidirectional)
    {
        QuicStream client = await Client.OpenOutboundStreamAsync(type).Soon();
        await client.WriteAsync(new byte[] { 0 }).Soon();
        QuicStream server = await Server.AcceptInboundStreamAsync().Soon();
        await server.ReadExactlyAsync(new byte[1]).Soon();
        return (client, server);
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync().Soon();
        await Server.DisposeAsync().Soon();
        await Listener.DisposeAsync().Soon();
    }
}
