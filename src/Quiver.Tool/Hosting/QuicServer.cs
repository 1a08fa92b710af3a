using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Quiver.Http3;

namespace Quiver.Tool.Hosting;

/// <summary>
/// Accepts connections and their streams and gives each stream to a handler, which owns it. One connection's or stream's failure is
/// its own. Disposing ends everything.
/// </summary>
internal sealed class QuicServer : IAsyncDisposable
{
    private readonly QuicListener _listener;
    private readonly IStreamHandler _handler;
    private readonly Http3Server? _http3;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<QuicConnection, Task> _connections = new();
    private readonly Task _accepting;

    private QuicServer(QuicListener listener, IStreamHandler handler, Http3Server? http3)
    {
        _listener = listener;
        _handler = handler;
        _http3 = http3;
        _accepting = AcceptAsync();
    }

    public IPEndPoint LocalEndPoint => _listener.LocalEndPoint;

    public static Task<QuicServer> StartAsync(
        IPEndPoint endPoint, SslServerAuthenticationOptions tls, IStreamHandler handler, int maxStreams, bool allowEarlyData = false, bool alwaysRetry = false)
    {
        QuicServerConnectionOptions options = new()
        {
            DefaultStreamErrorCode = 0,
            DefaultCloseErrorCode = 0,
            MaxInboundBidirectionalStreams = maxStreams,
            MaxInboundUnidirectionalStreams = 0,
            ServerAuthenticationOptions = tls,
            AllowEarlyData = allowEarlyData,
            ReplayFilter = allowEarlyData ? new BloomReplayFilter() : null,
        };
        options.InitialReceiveWindowSizes.RemotelyInitiatedBidirectionalStream = 1 << 20;
        QuicListenerOptions listener = new()
        {
            ListenEndPoint = endPoint,
            RetryPolicy = alwaysRetry ? QuicRetryPolicy.Always : QuicRetryPolicy.Automatic,
            ApplicationProtocols = tls.ApplicationProtocols!, // Ours: every command sets it.
            ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(options),
        };
        return StartAsync(listener, handler);
    }

    /// <summary>Serves with the caller's own options; connections that agreed on HTTP/3 go to <paramref name="http3"/>, which is disposed with it.</summary>
    public static async Task<QuicServer> StartAsync(QuicListenerOptions options, IStreamHandler handler, Http3Server? http3 = null) =>
        new(await QuicListener.ListenAsync(options), handler, http3);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _listener.DisposeAsync();
        await _accepting;
        if (_http3 is not null)
        {
            await _http3.DisposeAsync();
        }

        await Task.WhenAll(_connections.Values);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                QuicConnection connection = await _listener.AcceptConnectionAsync(_stop.Token);
                Task serving = Task.Run(() => ServeAsync(connection), CancellationToken.None);
                _connections.TryAdd(connection, serving);
                _ = serving.ContinueWith(
                    _ => _connections.TryRemove(connection, out Task? _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
            catch (Exception e) when (e is QuicException or AuthenticationException)
            {
                _handler.OnHandshakeFailed(e);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(QuicConnection connection)
    {
        string reason = "closed";
        try
        {
            await using (connection)
            {
                _handler.OnConnected(connection);
                bool isHttp3 = connection.NegotiatedApplicationProtocol == SslApplicationProtocol.Http3;
                await (isHttp3 && _http3 is not null ? _http3.ServeAsync(connection) : ServeStreamsAsync(connection));
            }
        }
        catch (QuicException e)
        {
            reason = e.Message;
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            reason = "the server stops";
        }

        _handler.OnDisconnected(connection, reason);
    }

    private async Task ServeStreamsAsync(QuicConnection connection)
    {
        while (true)
        {
            QuicStream stream = await connection.AcceptInboundStreamAsync(_stop.Token);
            _ = HandleAsync(connection, stream);
        }
    }

    private async Task HandleAsync(QuicConnection connection, QuicStream stream)
    {
        try
        {
            await using (stream)
            {
                await _handler.HandleAsync(connection, stream, _stop.Token);
            }
        }
        catch (Exception e) when (e is QuicException or OperationCanceledException or ObjectDisposedException)
        {
            _handler.OnStreamFailed(connection, stream, e);
        }
    }
}
