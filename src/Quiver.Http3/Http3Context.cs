using Quiver.Http3.Fields;
using Quiver.Http3.Server;

namespace Quiver.Http3;

/// <summary>
/// A request and its response, as a handler of an <see cref="Http3Server"/> gets them. When the handler returns, the response is complete
/// and both halves of the stream have ended; nothing of it may be used afterwards.
/// </summary>
public sealed class Http3Context
{
    private readonly ServerExchange _exchange;
    private readonly Lock _lock = new();
    private CancellationTokenSource? _aborted;
    private Http3TunnelStream? _tunnel;
    private bool _isAborted;

    internal Http3Context(ServerExchange exchange, in RequestHead head, Http3Headers headers, Http3Priority priority)
    {
        _exchange = exchange;
        Request = new Http3Request(exchange, this, in head, headers, priority);
        Response = new Http3Response(exchange, this);
    }

    /// <summary>What the client asks for.</summary>
    public Http3Request Request { get; }

    /// <summary>What it gets.</summary>
    public Http3Response Response { get; }

    /// <summary>The QUIC connection that the request came on.</summary>
    public QuicConnection Connection => _exchange.Session.Connection;

    /// <summary>The client's settings; fails when the connection ends before they come.</summary>
    public Task<Http3Settings> ClientSettings => _exchange.Session.PeerSettings;

    /// <summary>The id of the request's stream.</summary>
    public long StreamId => _exchange.Stream.Id;

    /// <summary>Cancelled when the client gives the request up, the connection ends, or <see cref="Abort"/> was called.</summary>
    public CancellationToken RequestAborted
    {
        get
        {
            bool isFirst;
            CancellationTokenSource source;
            lock (_lock)
            {
                isFirst = _aborted is null;
                source = _aborted ??= new CancellationTokenSource();
                if (isFirst && _isAborted)
                {
                    source.Cancel();
                }
            }

            if (isFirst)
            {
                _ = WatchAsync();
            }

            return source.Token;
        }
    }

    internal bool IsAborted
    {
        get
        {
            lock (_lock)
            {
                return _isAborted;
            }
        }
    }

    /// <summary>Ends both halves at once; the client sees the code.</summary>
    /// <param name="errorCode">Why. RFC 9114 §8.1.</param>
    public void Abort(Http3ErrorCode errorCode = Http3ErrorCode.InternalError) => _exchange.Abort(errorCode);

    /// <summary>
    /// Accepts a CONNECT or extended CONNECT: sends the response's header section, with <see cref="Http3Response.StatusCode"/>, which must be
    /// 2xx, and gives the tunnel. It ends when it is disposed, or when the handler returns. RFC 9114 §4.4, RFC 9220 §3.
    /// </summary>
    /// <param name="cancellationToken">Cancelling aborts the request.</param>
    /// <exception cref="InvalidOperationException">The request is no CONNECT, or its response has begun.</exception>
    public async ValueTask<Http3TunnelStream> AcceptTunnelAsync(CancellationToken cancellationToken = default)
    {
        if (Request.Method != "CONNECT" || Response.StatusCode is < 200 or > 299)
        {
            throw new InvalidOperationException("Only a CONNECT that succeeds (2xx) has a tunnel.");
        }

        await Response.StartAsync(cancellationToken).ConfigureAwait(false);
        return _tunnel ??= new Http3TunnelStream(_exchange);
    }

    internal void OnAborted()
    {
        CancellationTokenSource? source;
        lock (_lock)
        {
            if (_isAborted)
            {
                return;
            }

            _isAborted = true;
            source = _aborted;
        }

        source?.Cancel();
    }

    /// <summary>The handler has returned.</summary>
    internal async ValueTask CompleteAsync()
    {
        if (_tunnel is not null)
        {
            await _tunnel.DisposeAsync().ConfigureAwait(false);
        }
        else if (!IsAborted)
        {
            await Response.CompleteAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Somebody wants to know of the end of the stream that nobody may be reading or writing.</summary>
    private async Task WatchAsync()
    {
        Task ended = await Task.WhenAny(_exchange.Stream.WritesClosed, _exchange.Session.Ended).ConfigureAwait(false);
        if (!ended.IsCompletedSuccessfully || ended == _exchange.Session.Ended)
        {
            _ = ended.Exception;
            OnAborted();
        }
    }
}
