using Quiver.Http3.Client;
using Quiver.Http3.Frames;
using Quiver.Http3.Priorities;
using Quiver.Http3.Sessions;

namespace Quiver.Http3;

/// <summary>
/// The client's side of one HTTP/3 connection (RFC 9114), for those who want to hold it: requests go over it at once, as many as the server
/// lets streams be open. What a pool needs to know is told by <see cref="CanSend"/>, <see cref="ActiveRequests"/>,
/// <see cref="AvailableStreams"/> and <see cref="StateChanged"/>; what may be sent again elsewhere, by <see cref="Http3RequestNotProcessedException"/>.
/// </summary>
public sealed class Http3ClientConnection : IAsyncDisposable
{
    private readonly Http3Session _session;
    private readonly RequestTable _requests;
    private readonly Http3ClientConnectionOptions _options;
    private readonly StreamCapacity? _capacity;
    private int _isGoAwaySent;

    /// <summary>
    /// Begins HTTP/3 on a QUIC connection, which is this object's from now on. The server must be able to open three unidirectional streams
    /// at least (<see cref="QuicConnectionOptions.MaxInboundUnidirectionalStreams"/>).
    /// </summary>
    /// <param name="connection">Connected with the application protocol <c>h3</c>.</param>
    /// <param name="options">Null for the defaults.</param>
    public Http3ClientConnection(QuicConnection connection, Http3ClientConnectionOptions? options = null)
        : this(connection, options ?? new Http3ClientConnectionOptions(), capacity: null, tickets: null)
    {
        ArgumentNullException.ThrowIfNull(connection);
    }

    private Http3ClientConnection(
        QuicConnection connection, Http3ClientConnectionOptions options, StreamCapacity? capacity, RememberingTicketStore? tickets)
    {
        _options = options;
        _capacity = capacity;
        _requests = new RequestTable(() => StateChanged?.Invoke(this, EventArgs.Empty));
        _session = new Http3Session(connection, options.ToSettings()) { Remembered = tickets?.Taken };
        _session.Start(new ClientControl(_session, _requests, tickets), isServer: false, RefuseStream, _requests);
        capacity?.Attach(() => StateChanged?.Invoke(this, EventArgs.Empty));
        _ = FollowAsync();
    }

    /// <summary>
    /// Something that a pool looks at has changed: the connection became idle or active, may open more streams, got a GOAWAY or has ended.
    /// Must return soon; it may be raised by any thread, and by several at once.
    /// </summary>
    public event EventHandler? StateChanged;

    /// <summary>The QUIC connection. Closing it ends this one.</summary>
    public QuicConnection Connection => _session.Connection;

    /// <summary>The server's settings; fails when the connection ends before they come.</summary>
    public Task<Http3Settings> ServerSettings => _session.PeerSettings;

    /// <summary>
    /// Whether new requests are taken: the connection lives, nobody has begun to close it, and the server has sent no GOAWAY.
    /// RFC 9114 §5.2.
    /// </summary>
    public bool CanSend => _requests.IsOpen && _session.Failure is null && !Closed.IsCompleted;

    /// <summary>Requests that have not ended: their response was not read to the end, nor disposed, or their content is still being sent.</summary>
    public int ActiveRequests => _requests.Active;

    /// <summary>
    /// How many requests can be begun without waiting for the server's stream credit. Null when the connection was not made by
    /// <see cref="ConnectAsync"/>.
    /// </summary>
    public int? AvailableStreams => _capacity?.Available;

    /// <summary>Completes when the connection has ended, however.</summary>
    public Task Closed => _session.Ended;

    /// <summary>
    /// Connects to a server. What is not set in <paramref name="quicOptions"/> is set for HTTP/3: the application protocol <c>h3</c>, the
    /// error codes, the streams and datagrams that the server may send.
    /// </summary>
    /// <param name="quicOptions">Where to and how.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Cancelling gives the attempt up.</param>
    /// <exception cref="QuicException">As <see cref="QuicConnection.ConnectAsync"/>, with its other exceptions.</exception>
    public static ValueTask<Http3ClientConnection> ConnectAsync(
        QuicClientConnectionOptions quicOptions, Http3ClientConnectionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(quicOptions);
        return ConnectOverAsync(quicOptions, options ?? new Http3ClientConnectionOptions(), QuicConnection.ConnectAsync, cancellationToken);
    }

    /// <summary>The same over a QUIC connection that somebody else makes from the complete options.</summary>
    internal static async ValueTask<Http3ClientConnection> ConnectOverAsync(
        QuicClientConnectionOptions quicOptions,
        Http3ClientConnectionOptions options,
        Func<QuicClientConnectionOptions, CancellationToken, ValueTask<QuicConnection>> connect,
        CancellationToken cancellationToken)
    {
        quicOptions = ClientOptions.Complete(quicOptions, options);
        StreamCapacity capacity = StreamCapacity.Watch(quicOptions);
        RememberingTicketStore? tickets = RememberingTicketStore.Wrap(quicOptions);
        QuicConnection connection = await connect(quicOptions, cancellationToken).ConfigureAwait(false);
        return new Http3ClientConnection(connection, options, capacity, tickets);
    }

    /// <summary>
    /// Sends a request and returns its response once the header section is here; content is sent and read as it goes. Waits for the server's
    /// stream credit if need be. A CONNECT returns a response whose content is a <see cref="Http3TunnelStream"/>; with
    /// <see cref="System.Net.Http.Headers.HttpRequestHeaders.Protocol"/> it is an extended one (RFC 9220), which waits for the server's settings.
    /// </summary>
    /// <param name="request">Its version is not looked at.</param>
    /// <param name="cancellationToken">Cancelling before the response is here ends the request with H3_REQUEST_CANCELLED.</param>
    /// <exception cref="Http3RequestNotProcessedException">The server did nothing with it: it can be sent again as the exception says.</exception>
    /// <exception cref="HttpRequestException">It failed; <see cref="HttpRequestException.HttpRequestError"/> and the inner exception tell why.</exception>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.RequestUri is not { IsAbsoluteUri: true })
        {
            throw new InvalidOperationException("The request has no absolute URI.");
        }

        return SendAsync(request, isSecondTry: false, cancellationToken);
    }

    /// <summary>
    /// Tells the server how urgent the rest of a response is (PRIORITY_UPDATE, RFC 9218 §7); a request says it first by a Priority field. Does
    /// nothing when the response is of another connection.
    /// </summary>
    /// <param name="response">Whose content is still coming.</param>
    /// <param name="priority">From now on.</param>
    public void UpdatePriority(HttpResponseMessage response, Http3Priority priority)
    {
        ArgumentNullException.ThrowIfNull(response);
        if (response.Content is ResponseContent { Session: var session, StreamId: var streamId } && session == _session)
        {
            System.Buffers.ArrayBufferWriter<byte> frame = new(32);
            PriorityUpdate.Write(frame, streamId, priority);
            _session.SendControl(frame.WrittenSpan);
        }
    }

    /// <summary>
    /// Closes the connection in good order: no more requests are taken, those under way go on to their end, then it is closed with H3_NO_ERROR.
    /// RFC 9114 §5.2.
    /// </summary>
    /// <param name="cancellationToken">Cancelling closes at once.</param>
    public async ValueTask CloseAsync(CancellationToken cancellationToken = default)
    {
        Task idle = _requests.CloseAsync();
        if (Interlocked.Exchange(ref _isGoAwaySent, 1) == 0)
        {
            System.Buffers.ArrayBufferWriter<byte> frame = new(16);
            FrameWriter.WriteFrame(frame, FrameTypes.GoAway, 0ul);
            _session.SendControl(frame.WrittenSpan);
        }

        try
        {
            await Task.WhenAny(idle, Closed).WaitAsync(cancellationToken).ConfigureAwait(false);
            await Connection.CloseAsync((long)Http3ErrorCode.NoError, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Closes the connection at once with H3_NO_ERROR; requests under way fail.</summary>
    public async ValueTask DisposeAsync()
    {
        _ = _requests.CloseAsync();
        Connection.Abort((long)Http3ErrorCode.NoError);
        await Connection.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The connection in words, for logs.</summary>
    public override string ToString() => $"HTTP/3 over {Connection}";

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool isSecondTry, CancellationToken cancellationToken)
    {
        await PrepareAsync(request, cancellationToken).ConfigureAwait(false);
        if (!_requests.TryBegin())
        {
            throw RequestErrors.NotProcessed(Http3RetryMode.OtherConnection, "The connection takes no more requests.", _session.Failure);
        }

        ClientExchange? exchange = null;
        Exception failure;
        try
        {
            exchange = await OpenAsync(request, cancellationToken).ConfigureAwait(false);
            return await exchange.SendAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            failure = exchange is null ? OnNotOpened(e) : exchange.OnRequestFailure(e);
        }

        if (failure is QuicException { QuicError: QuicError.EarlyDataRejected } && request.Content is null && !isSecondTry)
        {
            // Nothing of it was processed: once more, after the handshake.
            await Connection.HandshakeCompleted.WaitAsync(cancellationToken).ConfigureAwait(false);
            return await SendAsync(request, isSecondTry: true, cancellationToken).ConfigureAwait(false);
        }

        throw RequestErrors.ToRequestException(failure, _session, cancellationToken);
    }

    /// <summary>Waits for what the request cannot do without.</summary>
    private async ValueTask PrepareAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Connection.EarlyDataState == QuicEarlyDataState.Pending && !IsSafe(request))
        {
            // RFC 8470 §4: what an attacker may repeat must do no harm.
            await Connection.HandshakeCompleted.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        if (request.Method == HttpMethod.Connect && request.Headers.Protocol is not null && !_session.Peer.EnableConnectProtocol)
        {
            // RFC 8441 §4: not before the server has said that it understands.
            Http3Settings settings = await WaitForSettingsAsync(cancellationToken).ConfigureAwait(false);
            if (!settings.EnableConnectProtocol)
            {
                throw new HttpRequestException(HttpRequestError.ExtendedConnectNotSupported, "The server does not support extended CONNECT.");
            }
        }
    }

    private async ValueTask<Http3Settings> WaitForSettingsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ServerSettings.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is QuicException or ObjectDisposedException)
        {
            throw RequestErrors.NotProcessed(Http3RetryMode.OtherConnection, "The connection ended before the server's settings came.", e);
        }
    }

    private async ValueTask<ClientExchange> OpenAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        _capacity?.OnOpening();
        QuicStream stream = await Connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellationToken).ConfigureAwait(false);
        ClientExchange exchange = new(_session, _requests, _options, request, stream);
        if (!_requests.TryAdd(stream.Id, exchange))
        {
            exchange.OnGoAway();
        }

        return exchange;
    }

    /// <summary>There was no stream for it: counts it out.</summary>
    private Exception OnNotOpened(Exception exception)
    {
        _requests.End();
        return exception is QuicException or ObjectDisposedException
            ? RequestErrors.NotProcessed(Http3RetryMode.OtherConnection, "The connection ended before the request was sent.", exception)
            : exception;
    }

    private static bool IsSafe(HttpRequestMessage request) =>
        request.Content is null
        && (request.Method == HttpMethod.Get || request.Method == HttpMethod.Head || request.Method == HttpMethod.Options);

    /// <summary>The options of ours let a server open none; a connection of somebody else's may.</summary>
    private void RefuseStream(QuicStream stream)
    {
        // RFC 9114 §6.1: servers open no bidirectional streams.
        StreamEnd.Abort(stream, Http3ErrorCode.StreamCreationError);
        _session.Fail(Http3ErrorCode.StreamCreationError, "The server opened a bidirectional stream.");
    }

    private async Task FollowAsync()
    {
        await Closed.ConfigureAwait(false);
        await _requests.CloseAsync().ConfigureAwait(false);
    }
}
