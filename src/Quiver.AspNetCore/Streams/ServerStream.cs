using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Quiver.AspNetCore.Connections;
using Quiver.AspNetCore.Diagnostics;
using Quiver.AspNetCore.ExtendedConnect;
using Quiver.AspNetCore.Features;

namespace Quiver.AspNetCore.Streams;

/// <summary>
/// A stream as Kestrel sees it: one request, or a control stream. When a request has ended well, the object serves another, and what Kestrel
/// keeps in <see cref="IPersistentStateFeature"/> with it.
/// </summary>
internal sealed class ServerStream : ConnectionContext, IDuplexPipe, IStreamDirectionFeature, IStreamIdFeature, IProtocolErrorCodeFeature,
    IStreamAbortFeature, IStreamClosedFeature, IPersistentStateFeature, IQuicStreamFeature, IConnectionIdFeature, IConnectionItemsFeature,
    IConnectionLifetimeFeature, IConnectionTransportFeature, IMemoryPoolFeature, IThreadPoolWorkItem, IDisposable
{
    private readonly FeatureTable _features;
    private readonly ClosedCallbacks _closed = new();
    private readonly StreamInput _input;
    private readonly StreamOutput _output;
    private readonly RequestPeek? _peek;
    private QuicStream? _stream;
    private PipeWriter _writer;
    private IDictionary<object, object?>? _items;
    private IDictionary<object, object?>? _state;
    private string? _id;
    private volatile ConnectionAbortedException? _readAbort;
    private volatile ConnectionAbortedException? _writeAbort;
    private long _error;
    private int _ends;

    public ServerStream(ServerConnection connection)
    {
        Connection = connection;
        _features = new FeatureTable(connection.Features);
        _input = new StreamInput(this);
        _output = new StreamOutput(this);
        _writer = _output;
        Transport = this;
        _features.Own<IStreamDirectionFeature>(this);
        _features.Own<IStreamIdFeature>(this);
        _features.Own<IProtocolErrorCodeFeature>(this);
        _features.Own<IStreamAbortFeature>(this);
        _features.Own<IStreamClosedFeature>(this);
        _features.Own<IPersistentStateFeature>(this);
        _features.Own<IQuicStreamFeature>(this);
        _features.Own<IConnectionIdFeature>(this);
        _features.Own<IConnectionItemsFeature>(this);
        _features.Own<IConnectionLifetimeFeature>(this);
        _features.Own<IConnectionTransportFeature>(this);
        _features.Own<IMemoryPoolFeature>(this);
        if (connection.Transport.Options.EnableExtendedConnect)
        {
            _peek = new RequestPeek();
            _features.Own<IConnectProtocolFeature>(_peek);
        }

        _features.Seal();
    }

    /// <summary>What must have happened before the context can serve another stream.</summary>
    [Flags]
    private enum Ends
    {
        OutputDone = 1,
        Disposed = 2,
        Returned = 4,
        Over = OutputDone | Disposed,
        All = Over | Returned,
    }

    public ServerConnection Connection { get; }

    public override IDuplexPipe Transport { get; set; }

    public PipeReader Input => _input;

    public PipeWriter Output => _writer;

    public override IFeatureCollection Features => _features;

    public MemoryPool<byte> MemoryPool => Connection.MemoryPool;

    public int MaxWriteBufferSize => Connection.Transport.Options.MaxWriteBufferSize;

    /// <summary>Whether it is the connection's only request at present: then nobody else's answer can go with its own.</summary>
    public bool IsAlone => Connection.OpenRequests == 1;

    /// <summary>When it was last used, in milliseconds; the pool's.</summary>
    public long PooledAt { get; set; }

    [AllowNull]
    public override string ConnectionId
    {
        get => _id ??= string.Create(CultureInfo.InvariantCulture, $"{Connection.ConnectionId}:{StreamId:X8}");
        set => _id = value;
    }

    [AllowNull]
    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public override CancellationToken ConnectionClosed
    {
        get => _closed.Token;
        set => throw new NotSupportedException("The token of a stream cannot be replaced.");
    }

    public override EndPoint? LocalEndPoint
    {
        get => Connection.LocalEndPoint;
        set => throw new NotSupportedException("A stream has the addresses of its connection.");
    }

    public override EndPoint? RemoteEndPoint
    {
        get => Connection.RemoteEndPoint;
        set => throw new NotSupportedException("A stream has the addresses of its connection.");
    }

    public bool CanRead { get; private set; }

    public bool CanWrite { get; private set; }

    public long StreamId { get; private set; }

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

    public bool HasEarlyData => _stream?.HasEarlyData == true;

    public byte Priority
    {
        get => _stream?.Priority ?? QuicStream.DefaultPriority;
        set
        {
            if (_stream is { } stream)
            {
                stream.Priority = value;
            }
        }
    }

    public bool IsIncremental
    {
        get => _stream?.IsIncremental ?? true;
        set
        {
            if (_stream is { } stream)
            {
                stream.IsIncremental = value;
            }
        }
    }

    IDictionary<object, object?> IPersistentStateFeature.State => _state ??= new ConnectionItems();

    private ILogger Log => Connection.Transport.Log;

    private bool IsRequest => CanRead && CanWrite;

    /// <param name="stream">The stream to serve from now on.</param>
    /// <param name="isOutbound">Whether it is ours: the control stream.</param>
    public void Start(QuicStream stream, bool isOutbound)
    {
        _stream = stream;
        StreamId = stream.Id;
        CanRead = stream.CanRead;
        CanWrite = stream.CanWrite;
        _id = null;
        _items = null;
        _readAbort = null;
        _writeAbort = null;
        _error = -1;
        _closed.Reset();
        _features.Reset();
        _input.Start(stream);
        _output.Start(stream);
        _peek?.Reset();
        _ends = CanWrite ? 0 : (int)Ends.OutputDone;
        if (IsRequest)
        {
            Connection.OnRequestOpened();
        }
        else if (isOutbound && Connection.Transport.Options.EnableExtendedConnect)
        {
            _writer = new SettingsWriter(_output);
        }
    }

    public override void Abort() => Abort(new ConnectionAbortedException("The application aborted the stream."));

    /// <summary>Both directions, with <see cref="Error"/> as the code.</summary>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        ArgumentNullException.ThrowIfNull(abortReason);
        if (_stream is not { } stream || (_readAbort is not null && _writeAbort is not null))
        {
            return;
        }

        long code = CodeToSend();
        TransportLog.StreamAbort(Log, ConnectionId, code, abortReason.Message);
        _readAbort ??= abortReason;
        _writeAbort ??= abortReason;
        stream.Abort(QuicAbortDirection.Both, code);
        if (CanWrite)
        {
            _output.OnFailed();
        }
    }

    public void AbortRead(long errorCode, ConnectionAbortedException abortReason)
    {
        ErrorCodes.Validate(errorCode);
        ThrowIfMissing(CanRead, "read");
        if (_stream is { } stream)
        {
            TransportLog.StreamAbortRead(Log, ConnectionId, errorCode, abortReason.Message);
            _readAbort = abortReason;
            stream.Abort(QuicAbortDirection.Read, errorCode);
        }
    }

    public void AbortWrite(long errorCode, ConnectionAbortedException abortReason)
    {
        ErrorCodes.Validate(errorCode);
        ThrowIfMissing(CanWrite, "write");
        if (_stream is { } stream)
        {
            TransportLog.StreamAbortWrite(Log, ConnectionId, errorCode, abortReason.Message);
            _writeAbort = abortReason;
            stream.Abort(QuicAbortDirection.Write, errorCode);
            _output.OnFailed();
        }
    }

    /// <summary>Kestrel has one callback a request; the peer is watched for it.</summary>
    public void OnClosed(Action<object?> callback, object? state)
    {
        if (_closed.Add(callback, state) && CanWrite)
        {
            try
            {
                _stream?.QueueWhenWritesAborted(this);
            }
            catch (ObjectDisposedException)
            {
                _closed.Close(Log, this);
            }
        }
    }

    /// <summary>On the thread pool: the peer wants no more of the answer, or the connection has ended.</summary>
    public void Execute()
    {
        // The context may serve another stream by now.
        if (_stream is { WritesClosed: { IsFaulted: true } closed })
        {
            OnWriteFailed(closed.Exception!.InnerException!); // Faulted.
            _output.OnFailed();
            _closed.Close(Log, this);
        }
    }

    /// <summary>With the input's lock: what Kestrel is about to read.</summary>
    public void OnReading(in ReadOnlySequence<byte> buffer)
    {
        if (CanWrite && _peek is { IsDone: false } peek)
        {
            peek.Look(buffer);
        }
    }

    /// <summary>With the input's lock: reading the stream has failed; what Kestrel is told.</summary>
    public Exception OnReadFailed(Exception error)
    {
        switch (error)
        {
            case QuicException { QuicError: QuicError.StreamAborted or QuicError.ConnectionAborted } aborted:
                _error = aborted.ApplicationErrorCode ?? 0;
                TransportLog.StreamAbortedRead(Log, ConnectionId, _error);
                CloseUnlessOpen();
                return _readAbort as Exception ?? new ConnectionResetException(aborted.Message, aborted);
            case QuicException { QuicError: QuicError.OperationAborted } or ObjectDisposedException:
                return _readAbort ?? new ConnectionAbortedException(error.Message, error);
            case QuicException:
                CloseUnlessOpen();
                return _readAbort as Exception ?? new ConnectionResetException(error.Message, error);
            default:
                TransportLog.StreamError(Log, error, ConnectionId);
                return error;
        }
    }

    /// <summary>Writing the stream has failed.</summary>
    public void OnWriteFailed(Exception error)
    {
        if (error is QuicException { QuicError: QuicError.StreamAborted or QuicError.ConnectionAborted } aborted)
        {
            _writeAbort ??= new ConnectionAbortedException(aborted.Message, aborted);
            _error = aborted.ApplicationErrorCode ?? 0;
            TransportLog.StreamAbortedWrite(Log, ConnectionId, _error);
        }
        else if (error is not (QuicException or ObjectDisposedException))
        {
            TransportLog.StreamError(Log, error, ConnectionId);
        }
    }

    /// <summary>Kestrel ended its output with an exception.</summary>
    public void ResetWrites(Exception reason)
    {
        _writeAbort ??= reason as ConnectionAbortedException ?? new ConnectionAbortedException(reason.Message, reason);
        _stream?.Abort(QuicAbortDirection.Write, CodeToSend());
    }

    /// <summary>Nothing more will be written to the stream.</summary>
    public void OnOutputDone()
    {
        if (IsRequest)
        {
            Connection.OnRequestAnswered();
        }

        Mark(Ends.OutputDone);
    }

    /// <summary>
    /// Kestrel is done with both directions. What was flushed is written soon; only where the peer holds it up is it waited for, so that
    /// Kestrel's time-out for clients that do not read goes on.
    /// </summary>
    [SuppressMessage("Usage", "CA2215:Dispose methods should call base class dispose", Justification = "The base does nothing.")]
    [SuppressMessage("Usage", "VSTHRD103:Call async methods when in an async method", Justification = "Ours do not block.")]
    public override ValueTask DisposeAsync()
    {
        _input.Complete();
        _closed.Close(Log, this);
        if (CanWrite)
        {
            _output.Complete();
        }

        Mark(Ends.Disposed);
        return _output.WhenUnblockedAsync();
    }

    /// <summary>Kestrel has forgotten the request, and the context may serve another.</summary>
    public void Dispose() => Mark(Ends.Returned);

    private static void ThrowIfMissing(bool isThere, string half)
    {
        if (!isThere)
        {
            throw new InvalidOperationException($"The {half} side cannot be aborted: the stream has none.");
        }
    }

    private long CodeToSend() => Error == -1 ? Connection.Transport.Options.DefaultStreamErrorCode : Error;

    /// <summary>A stream that only reads has ended when that has.</summary>
    private void CloseUnlessOpen()
    {
        if (!CanWrite)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static stream => stream._closed.Close(stream.Log, stream), this, preferLocal: false);
        }
    }

    private void Mark(Ends end)
    {
        QuicStream? stream = _stream;
        var before = (Ends)Interlocked.Or(ref _ends, (int)end);
        Ends now = before | end;
        if (now == before)
        {
            return;
        }

        if ((before & Ends.Over) != Ends.Over && (now & Ends.Over) == Ends.Over)
        {
            // Tells the peer to stop if the request was not read to its end.
            stream?.Release();
        }

        if (now == Ends.All && IsRequest && _readAbort is null && _writeAbort is null && _input.IsReusable && _output.IsReusable)
        {
            _stream = null;
            Connection.Return(this);
        }
    }
}
