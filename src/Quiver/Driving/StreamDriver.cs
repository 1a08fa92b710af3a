using Quiver.Protocol.Streams;
using Quiver.Threading;

namespace Quiver.Driving;

/// <summary>
/// What stands between the application's handle and the stream of the core. The core and the connection know this object and not the
/// handle, so that a handle nobody holds can be collected; only a pending operation keeps its handle alive.
/// </summary>
internal sealed class StreamDriver : IStreamEvents
{
    private TaskCompletion? _freed;
    private bool _isReady;
    private bool _isFreed;
    private bool _isDisposed;

    public StreamDriver(ConnectionDriver connection, QuicStreamState state)
    {
        Connection = connection;
        State = state;
        IsStarted = state.Id.Initiator != connection.Role;
        Reader = state.Receive is null ? null : new ReadHalf(this, state.Receive);
        Writer = state.Send is null ? null : new WriteHalf(this, state.Send);
    }

    public ConnectionDriver Connection { get; }

    public QuicStreamState State { get; }

    public ReadHalf? Reader { get; }

    public WriteHalf? Writer { get; }

    /// <summary>Whether the peer may know of the stream.</summary>
    public bool IsStarted { get; set; }

    public StreamDriver? NextLive { get; set; }

    public StreamDriver? PreviousLive { get; set; }

    public StreamDriver? NextReady { get; set; }

    public void OnReadable() => MarkReady();

    public void OnWritable() => MarkReady();

    public void OnSendStopped(ulong errorCode) => Writer?.OnStopped(errorCode);

    public void OnSendFinished() => Writer?.OnFinished();

    public void OnReceiveReset(ulong errorCode) => Reader?.OnReset(errorCode);

    public void OnStreamFreed()
    {
        _isFreed = true;
        Connection.Streams.OnFreed(this);
        _freed?.Decide(Connection);
    }

    /// <summary>Under the lock, when the core can be called.</summary>
    public void OnSettle()
    {
        _isReady = false;
        Reader?.Fill();
        Writer?.Drain();
    }

    /// <summary>The server did not take early data, and the core has forgotten the stream.</summary>
    public void OnEarlyDataRejected()
    {
        _isFreed = true;
        Reader?.OnEarlyDataRejected();
        Writer?.OnEarlyDataRejected();
        _freed?.Decide(Connection);
    }

    public void OnConnectionClosed()
    {
        _isFreed = true;
        Reader?.OnConnectionClosed();
        Writer?.OnConnectionClosed();
        _freed?.Decide(Connection);
    }

    /// <summary>Ends one half or both with an error code; what has ended already stays as it is.</summary>
    public void Abort(QuicAbortDirection direction, ulong errorCode)
    {
        Connection.Enter();
        try
        {
            if ((direction & QuicAbortDirection.Read) == QuicAbortDirection.Read)
            {
                Reader?.Abort(errorCode);
            }

            if ((direction & QuicAbortDirection.Write) == QuicAbortDirection.Write)
            {
                Writer?.Abort(errorCode);
            }
        }
        finally
        {
            Connection.Leave();
        }
    }

    /// <summary>FIN after what was written.</summary>
    public void CompleteWrites()
    {
        Connection.Enter();
        try
        {
            Writer?.Finish();
        }
        finally
        {
            Connection.Leave();
        }
    }

    /// <summary>Ends what is open: the read half by STOP_SENDING, the write half by FIN; a stream that was never used by aborting both.</summary>
    public Task DisposeAsync()
    {
        Connection.Enter();
        try
        {
            Dispose();
            if (_isFreed)
            {
                return Task.CompletedTask;
            }

            _freed ??= new TaskCompletion();
            return _freed.Task;
        }
        finally
        {
            Connection.Leave();
        }
    }

    /// <summary>As <see cref="DisposeAsync"/>, under the lock and without waiting.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        ulong errorCode = Connection.Streams.DefaultErrorCode;
        bool wasUsed = IsStarted;
        Reader?.Abort(errorCode);
        if (wasUsed)
        {
            Writer?.Finish();
        }
        else
        {
            Writer?.Abort(errorCode);
        }
    }

    private void MarkReady()
    {
        if (!_isReady)
        {
            _isReady = true;
            Connection.Streams.OnReady(this);
        }
    }
}
