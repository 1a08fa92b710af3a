using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Quiver.Http3.Diagnostics;
using Quiver.Http3.Server;
using Quiver.Http3.Settings;

namespace Quiver.Http3;

/// <summary>
/// An HTTP/3 server (RFC 9114) without a framework: it listens by <see cref="ListenAsync"/>, or serves connections that it is given
/// (<see cref="ServeAsync"/>), and calls a handler for each request.
/// </summary>
public sealed class Http3Server : IAsyncDisposable
{
    /// <summary>Control stream, QPACK's two, and some that mean nothing. RFC 9114 §6.2.</summary>
    private const int InboundUnidirectionalStreams = 10;

    private readonly Http3ServerOptions _options;
    private readonly Http3Settings _settings;
    private readonly ConcurrentDictionary<ServerConnection, Task> _connections = new();
    private readonly CancellationTokenSource _stopping = new();
    private QuicListener? _listener;
    private Task _accepting = Task.CompletedTask;
    private int _isDisposed;

    /// <summary>Makes a server that does not listen: it serves what <see cref="ServeAsync"/> is given.</summary>
    /// <param name="options">The handler and the limits.</param>
    public Http3Server(Http3ServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _settings = options.ToSettings();
    }

    /// <summary>The address and port that it listens on; null when it does not.</summary>
    public IPEndPoint? LocalEndPoint => _listener?.LocalEndPoint;

    /// <summary>Connections that are open.</summary>
    public int ConnectionCount => _connections.Count;

    /// <summary>Listens and serves until the server is shut down or disposed.</summary>
    /// <param name="options">The handler, where to listen, and the certificate.</param>
    /// <param name="cancellationToken">Cancelling gives the attempt up.</param>
    /// <exception cref="ArgumentException">The options are wrong.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The address or port cannot be had.</exception>
    public static async ValueTask<Http3Server> ListenAsync(Http3ServerOptions options, CancellationToken cancellationToken = default)
    {
        Http3Server server = new(options);
        SslServerAuthenticationOptions tls = options.ServerAuthenticationOptions
            ?? throw new ArgumentException("'ServerAuthenticationOptions' must be set, with a certificate.", nameof(options));
        tls.ApplicationProtocols ??= [SslApplicationProtocol.Http3];
        QuicListenerOptions listener = new()
        {
            ListenEndPoint = options.ListenEndPoint ?? throw new ArgumentException("'ListenEndPoint' must be set.", nameof(options)),
            ApplicationProtocols = tls.ApplicationProtocols,
            ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(server.CreateConnectionOptions(tls)),
        };
        options.ConfigureListener?.Invoke(listener);
        server._listener = await QuicListener.ListenAsync(listener, cancellationToken).ConfigureAwait(false);
        server._accepting = server.AcceptAsync(server._listener);
        return server;
    }

    /// <summary>
    /// The options that a connection should have for this server, for those who listen themselves. Early data is taken when
    /// <see cref="QuicServerConnectionOptions.AllowEarlyData"/> is set, and only from clients that remember settings like ours.
    /// </summary>
    /// <param name="tls">With a certificate and <c>h3</c>.</param>
    public QuicServerConnectionOptions CreateConnectionOptions(SslServerAuthenticationOptions tls)
    {
        QuicServerConnectionOptions connection = new()
        {
            ServerAuthenticationOptions = tls,
            DefaultStreamErrorCode = (long)Http3ErrorCode.RequestCancelled,
            DefaultCloseErrorCode = (long)Http3ErrorCode.NoError,
            MaxInboundBidirectionalStreams = _options.MaxConcurrentRequests,
            MaxInboundUnidirectionalStreams = InboundUnidirectionalStreams,
            EnableDatagrams = _options.EnableDatagrams,
            SessionTicketData = TicketSettings.Write(_settings),

            // RFC 9114 §7.2.4.2: not from who remembers settings that we do not keep to.
            EarlyDataCallback = data => TicketSettings.TryRead(data.Span, out Http3Settings? remembered) && SettingsCompatibility.Keeps(remembered, _settings),
        };
        _options.ConfigureConnection?.Invoke(connection);
        return connection;
    }

    /// <summary>Serves a connection, which is the server's from now on. Done when it has ended, and all handlers have returned.</summary>
    /// <param name="connection">Accepted with the application protocol <c>h3</c>, best with <see cref="CreateConnectionOptions"/>.</param>
    public Task ServeAsync(QuicConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        return ServeCoreAsync(connection);
    }

    /// <summary>
    /// Stops in good order: takes no more connections, tells the clients that no more requests are wanted (GOAWAY), lets handlers finish, and
    /// closes each connection when its last has. RFC 9114 §5.2.
    /// </summary>
    /// <param name="cancellationToken">Cancelling closes what is left at once.</param>
    public async Task ShutdownAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await _stopping.CancelAsync().ConfigureAwait(false);
            await _accepting.ConfigureAwait(false);
            await Task.WhenAll(_connections.Keys.Select(connection => connection.ShutdownAsync(cancellationToken))).ConfigureAwait(false);
        }
        finally
        {
            await DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Closes everything at once; handlers that run see <see cref="Http3Context.RequestAborted"/>, and are waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        foreach (ServerConnection connection in _connections.Keys)
        {
            connection.Session.Connection.Abort((long)Http3ErrorCode.NoError);
        }

        await Task.WhenAll(_connections.Values).ConfigureAwait(false);
        if (_listener is not null)
        {
            await _listener.DisposeAsync().ConfigureAwait(false);
        }

        _stopping.Dispose();
    }

    private async Task AcceptAsync(QuicListener listener)
    {
        while (true)
        {
            try
            {
                QuicConnection connection = await listener.AcceptConnectionAsync(_stopping.Token).ConfigureAwait(false);
                _ = ServeCoreAsync(connection);
            }
            catch (Exception e) when (e is QuicException or AuthenticationException)
            {
                Http3Log.HandshakeFailed(QuicDiagnostics.LoggerFactory.CreateLogger("Quiver.Http3"), e);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeCoreAsync(QuicConnection connection)
    {
        ServerConnection served = new(connection, _options, _settings);
        Task serving = served.ServeAsync();
        _connections.TryAdd(served, serving);
        await serving.ConfigureAwait(false);
        _connections.TryRemove(served, out _);
    }
}
