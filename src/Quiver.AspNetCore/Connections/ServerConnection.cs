using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Quiver.AspNetCore.Diagnostics;
using Quiver.AspNetCore.Features;
using Quiver.AspNetCore.Streams;

namespace Quiver.AspNetCore.Connections;

/// <summary>
/// A client's connection as Kestrel sees it. Made in the ClientHello stage, since TLS options are chosen with it in hand; Kestrel gets it
/// when the handshake is done.
/// </summary>
internal sealed class ServerConnection : MultiplexedConnectionContext, IProtocolErrorCodeFeature, IMemoryPoolFeature, IConnectionIdFeature,
    IConnectionItemsFeature, IConnectionLifetimeFeature, IConnectionEndPointFeature, IQuicConnectionFeature
{
    private readonly TransportServices _transport;
    private readonly FeatureTable _features = new(behind: null);
    private readonly StreamPool _pool = new();
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closed = new();
    private ConnectionAbortedException? _abortReason;
    private Task? _closing;
    private IDictionary<object, object?>? _items;
    private string? _id;
    private long _error = -1;
    private int _openRequests;
    private volatile bool _isAccepting;
    private bool _hasHeartbeat;

    public ServerConnection(QuicConnection connection, TransportServices transport)
    {
        Connection = connection;
        _transport = transport;
        Batch = new WriteBatch(connection);
        ConnectionClosed = _closed.Token;
        var tls = new TlsFeature(connection);
        _features.Own<IProtocolErrorCodeFeature>(this);
        _features.Own<ITlsConnectionFeature>(tls);
        _features.Own<ITlsHandshakeFeature>(tls);
        _features.Own<IMemoryPoolFeature>(this);
        _features.Own<IConnectionIdFeature>(this);
        _features.Own<IConnectionItemsFeature>(this);
        _features.Own<IConnectionLifetimeFeature>(this);
        _features.Own<IConnectionEndPointFeature>(this);
        _features.Own<IQuicConnectionFeature>(this);
    }

    public QuicConnection Connection { get; }

    /// <summary>What its streams have to write.</summary>
    public WriteBatch Batch { get; }

    public TransportServices Transport => _transport;

    /// <summary>Requests that wait for their answers.</summary>
    public int OpenRequests => Volatile.Read(ref _openRequests);

    public override IFeatureCollection Features => _features;

    [AllowNull]
    public override string ConnectionId
    {
        get => _id ??= ConnectionIds.Next();
        set => _id = value;
    }

    [AllowNull]
    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public override CancellationToken ConnectionClosed { get; set; }

    /// <summary>Where the client's datagrams come from now: it may move. Set only to be said again.</summary>
    public override EndPoint? RemoteEndPoint
    {
        get => field ?? Connection.RemoteEndPoint;
        set;
    }

    public override EndPoint? LocalEndPoint
    {
        get => field ?? Connection.LocalEndPoint;
        set;
    }

    public MemoryPool<byte> MemoryPool => _transport.MemoryPool;

    /// <summary>-1: none was set.</summary>
    public long Error
    {
        get => Volatile.Read(ref _error);
        set
        {
            ErrorCodes.Validate(value);
            Volatile.Write(ref _error, value);
        }
    }

    public QuicConnectionStatistics GetStatistics() => Connection.GetStatistics();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            _isAccepting = true;
            QuicStream stream = await Connection.AcceptInboundStreamAsync(cancellationToken).ConfigureAwait(false);
            ServerStream context = Take(stream);
            TransportLog.AcceptedStream(_transport.Log, context);
            return context;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return _abortReason is { } reason ? throw reason : null;
        }
        catch (Exception e) when (e is QuicException or ObjectDisposedException)
        {
            throw OnEnded(e);
        }
        finally
        {
            _isAccepting = false;
        }
    }

    public override async ValueTask<ConnectionContext> ConnectAsync(
        IFeatureCollection? features = null, CancellationToken cancellationToken = default)
    {
        QuicStreamType type = features?.Get<IStreamDirectionFeature>() is { CanRead: false }
            ? QuicStreamType.Unidirectional
            : QuicStreamType.Bidirectional;
        try
        {
            QuicStream stream = await Connection.OpenOutboundStreamAsync(type, cancellationToken).ConfigureAwait(false);
            var context = new ServerStream(this);
            context.Start(stream, isOutbound: true);
            TransportLog.ConnectedStream(_transport.Log, context);
            return context;
        }
        catch (Exception e) when (e is QuicException or ObjectDisposedException)
        {
            throw OnEnded(e);
        }
    }

    public override void Abort() => Abort(new ConnectionAbortedException("The application aborted the connection."));

    public override void Abort(ConnectionAbortedException abortReason)
    {
        ArgumentNullException.ThrowIfNull(abortReason);
        lock (_lock)
        {
            if (_abortReason is not null)
            {
                return;
            }

            _abortReason = abortReason;
        }

        long code = Error == -1 ? _transport.Options.DefaultCloseErrorCode : Error;
        TransportLog.ConnectionAbort(_transport.Log, ConnectionId, code, abortReason.Message);
        if (code == ErrorCodes.NoError && !_isAccepting)
        {
            // In good order: Kestrel has answered all that it accepted, and what was written gets there first.
            _ = StartClosingAsync(code);
        }
        else
        {
            Connection.Abort(code);
        }
    }

    [SuppressMessage("Usage", "CA2215:Dispose methods should call base class dispose", Justification = "The base does nothing.")]
    public override async ValueTask DisposeAsync()
    {
        await StartClosingAsync(_transport.Options.DefaultCloseErrorCode).ConfigureAwait(false);
        await Connection.DisposeAsync().ConfigureAwait(false);
        _closed.Dispose();
    }

    /// <summary>A request has come.</summary>
    public void OnRequestOpened() => Interlocked.Increment(ref _openRequests);

    /// <summary>Its answer is in the stream.</summary>
    public void OnRequestAnswered() => Interlocked.Decrement(ref _openRequests);

    /// <summary>A context that is used no more and can serve another stream.</summary>
    public void Return(ServerStream stream)
    {
        if (!_hasHeartbeat && _features.Get<IConnectionHeartbeatFeature>() is { } heartbeat)
        {
            // Kestrel adds the feature when it starts with the connection.
            _hasHeartbeat = true;
            heartbeat.OnHeartbeat(static state => ((StreamPool)state).RemoveExpired(), _pool);
        }

        if (_hasHeartbeat && _pool.TryReturn(stream))
        {
            TransportLog.StreamPooled(_transport.Log, stream);
        }
    }

    private ServerStream Take(QuicStream stream)
    {
        // A connection has a handful of unidirectional streams, which live as long as it does.
        if (stream.Type == QuicStreamType.Bidirectional && _pool.TryTake(out ServerStream? context))
        {
            context.Start(stream, isOutbound: false);
            TransportLog.StreamReused(_transport.Log, context);
            return context;
        }

        context = new ServerStream(this);
        context.Start(stream, isOutbound: false);
        return context;
    }

    private Task StartClosingAsync(long code)
    {
        Batch.WriteNow();
        lock (_lock)
        {
            return _closing ??= CloseAsync(code);
        }
    }

    private async Task CloseAsync(long code)
    {
        try
        {
            await Connection.CloseAsync(code).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // It is closed, then.
        }
    }

    /// <summary>The connection takes and opens no more streams: what Kestrel is told.</summary>
    private Exception OnEnded(Exception error)
    {
        if (_abortReason is { } reason)
        {
            return reason;
        }

        switch (error)
        {
            case QuicException { QuicError: QuicError.ConnectionAborted } aborted:
                long code = aborted.ApplicationErrorCode ?? 0;
                _error = code;
                TransportLog.ConnectionAborted(_transport.Log, ConnectionId, code, aborted);
                SignalClosed();
                return new ConnectionResetException(aborted.Message, aborted);
            case QuicException { QuicError: not QuicError.OperationAborted }:
                // Timed out, or ended by an error of the transport.
                TransportLog.ConnectionError(_transport.Log, error, ConnectionId);
                SignalClosed();
                break;
        }

        var aborting = new ConnectionAbortedException(error.Message, error);
        Abort(aborting);
        return aborting;
    }

    private void SignalClosed() => ThreadPool.UnsafeQueueUserWorkItem(
        static connection =>
        {
            try
            {
                connection._closed.Cancel();
            }
            catch (Exception e) when (e is AggregateException or ObjectDisposedException)
            {
                TransportLog.ConnectionError(connection._transport.Log, e, connection.ConnectionId);
            }
        },
        this,
        preferLocal: false);
}
