using System.Net;
using System.Threading.Channels;

namespace Quiver.Tests.Infrastructure;

/// <summary>A server, a client's store with the tickets of a first connection, and further connections.</summary>
internal sealed class ResumingPair : IAsyncDisposable
{
    private readonly Channel<QuicConnection> _accepted = Channel.CreateUnbounded<QuicConnection>();
    private readonly List<QuicConnection> _all = [];
    private readonly QuicListener _listener;
    private readonly Action<QuicClientConnectionOptions>? _client;
    private int _options;

    private ResumingPair(QuicServerConnectionOptions serverOptions, Action<QuicClientConnectionOptions>? client)
    {
        ServerOptions = serverOptions;
        _client = client;
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.ConnectionOptionsCallback = (_, _, _) =>
        {
            Interlocked.Increment(ref _options);
            return ValueTask.FromResult(ServerOptions);
        };
        _listener = QuicListener.ListenAsync(options).AsTask().GetAwaiter().GetResult();
        _ = AcceptAllAsync();
    }

    /// <summary>A test may change them between connections.</summary>
    public QuicServerConnectionOptions ServerOptions { get; }

    public SessionTicketStore Store { get; } = new();

    public IPEndPoint EndPoint => _listener.LocalEndPoint;

    /// <summary>How often the server was asked for options.</summary>
    public int Options => Volatile.Read(ref _options);

    /// <summary>The server's end of the last connection that was waited for.</summary>
    public QuicConnection Accepted { get; private set; } = null!; // set by the first connection

    public bool HasAccepted => _accepted.Reader.TryPeek(out _);

    /// <summary>Makes the first connection and closes it.</summary>
    public static async Task<ResumingPair> CreateAsync(
        Action<QuicServerConnectionOptions>? server = null, Action<QuicClientConnectionOptions>? client = null, bool expectsTickets = true)
    {
        QuicServerConnectionOptions options = Loopback.ServerOptions();
        options.SessionTicketKeys = new SessionTicketKeyRing();
        server?.Invoke(options);
        var pair = new ResumingPair(options, client);
        await using QuicConnection first = await pair.ConnectAsync();
        Assert.False(first.IsResumed);
        await pair.EchoAsync(first);
        await pair.WaitForTicketsAsync(expectsTickets ? options.SessionTicketCount : 0);
        return pair;
    }

    /// <summary>Connects through a relay, with the tickets of the server.</summary>
    public Task<QuicConnection> ConnectAsync(UdpRelay relay) => ConnectAsync(
        x =>
        {
            // The port is part of a ticket's scope.
            x.SessionTickets = new RedirectingStore(Store, relay.EndPoint.Port, EndPoint.Port);
            x.RemoteEndPoint = relay.EndPoint;
        },
        waitForServer: false);

    public async Task WaitForTicketsAsync(int count)
    {
        for (int i = 0; Store.Count < count && i < 500; i++)
        {
            await Task.Delay(10);
        }

        Assert.Equal(count, Store.Count);
    }

    public async Task<QuicConnection> ConnectAsync(Action<QuicClientConnectionOptions>? configure = null, bool waitForServer = true)
    {
        QuicClientConnectionOptions options = Loopback.ClientOptions(EndPoint);
        options.SessionTickets = Store;
        _client?.Invoke(options);
        configure?.Invoke(options);
        QuicConnection connection = await QuicConnection.ConnectAsync(options).Soon();
        if (waitForServer)
        {
            await AcceptAsync();
        }

        return connection;
    }

    public async Task<QuicConnection> AcceptAsync()
    {
        Accepted = await _accepted.Reader.ReadAsync().Soon();
        return Accepted;
    }

    public async Task WaitForOptionsAsync(int count)
    {
        for (int i = 0; Options < count && i < 500; i++)
        {
            await Task.Delay(10);
        }

        Assert.True(Options >= count, $"the server was asked {Options} times, not {count}");
    }

    /// <summary>A byte to the last accepted connection and back.</summary>
    public async Task EchoAsync(QuicConnection client)
    {
        await using QuicStream stream = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await stream.WriteAsync(new byte[] { 7 }, completeWrites: true).Soon();
        await using QuicStream other = await Accepted.AcceptInboundStreamAsync().Soon();
        byte[] buffer = new byte[1];
        await other.ReadExactlyAsync(buffer).Soon();
        await other.WriteAsync(buffer, completeWrites: true).Soon();
        await stream.ReadExactlyAsync(buffer).Soon();
        Assert.Equal(7, buffer[0]);
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync().Soon();
        foreach (QuicConnection connection in _all)
        {
            await connection.DisposeAsync().Soon();
        }
    }

    private async Task AcceptAllAsync()
    {
        while (true)
        {
            try
            {
                QuicConnection connection = await _listener.AcceptConnectionAsync();
                _all.Add(connection);
                _accepted.Writer.TryWrite(connection);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (Exception e) when (e is QuicException or System.Security.Authentication.AuthenticationException)
            {
                // A handshake that failed, as some tests want.
            }
        }
    }
}

/// <summary>Looks tickets up as if they were for another port.</summary>
internal sealed class RedirectingStore(ISessionTicketStore inner, int from, int to) : ISessionTicketStore
{
    public void Add(string scope, SessionTicket ticket) => inner.Add(scope, ticket);

    public SessionTicket? Take(string scope) => inner.Take(scope.Replace($":{from} ", $":{to} ", StringComparison.Ordinal));
}
