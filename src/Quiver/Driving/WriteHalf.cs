using Quiver.Protocol.Streams;
using Quiver.Threading;

namespace Quiver.Driving;

/// <summary>
/// The half of a stream that the application writes: one write at a time. A write is done when the send buffer has taken all of it;
/// what does not fit waits until there is room.
/// </summary>
internal sealed class WriteHalf
{
    private readonly StreamDriver _stream;
    private HalfEnd _end;
    private bool _isBusy;

    /// <summary>Under the lock, from its start until it is decided: then it belongs to whoever awaits it.</summary>
    private WriteOperation? _pending;
    private TaskCompletion? _closed;

    /// <summary>Who is told of an end that is not ours; null: nobody.</summary>
    private IThreadPoolWorkItem? _onAborted;

    public WriteHalf(StreamDriver stream)
    {
        _stream = stream;
        if (Core.StopErrorCode is not null)
        {
            _end = HalfEnd.AbortedByPeer;
        }
    }

    public bool IsPending => _pending is not null;

    public IGuard Guard => _stream.Connection;

    /// <summary>Succeeds when all data and the FIN were acknowledged; faults when the half ended otherwise.</summary>
    public Task Closed
    {
        get
        {
            Guard.Enter();
            try
            {
                if (_end == HalfEnd.Completed)
                {
                    return Task.CompletedTask;
                }

                if (_closed is null)
                {
                    _closed = new TaskCompletion();
                    if (_end != HalfEnd.Open)
                    {
                        _closed.Decide(Guard, CreateException());
                    }
                }

                return _closed.Task;
            }
            finally
            {
                Guard.Leave();
            }
        }
    }

    private SendStream Core => _stream.State.Send!; // Or there is no write half.

    public ValueTask WriteAsync(object root, ReadOnlyMemory<byte> buffer, bool completeWrites, CancellationToken cancellationToken)
    {
        WriteOperation operation;
        Guard.Enter();
        try
        {
            if (Volatile.Read(ref _isBusy))
            {
                throw new InvalidOperationException($"A write to stream {_stream.State.Id} is pending; one write at a time.");
            }

            if (cancellationToken.IsCancellationRequested)
            {
                OnCancelled();
                return ValueTask.FromCanceled(cancellationToken);
            }

            _stream.Touch();
            if (_end is not (HalfEnd.Open or HalfEnd.Completed))
            {
                return ValueTask.FromException(CreateException());
            }

            if (_end == HalfEnd.Completed || Core.IsFinishing)
            {
                return ValueTask.CompletedTask;
            }

            int taken = Write(buffer.Span);
            if (taken == buffer.Length)
            {
                if (completeWrites)
                {
                    Finish();
                }

                return ValueTask.CompletedTask;
            }

            operation = WriteOperation.Start(this, root, buffer[taken..], completeWrites);
            _pending = operation;
            _isBusy = true;
        }
        finally
        {
            _stream.Connection.LeaveWritten();
        }

        return operation.WaitAsync(cancellationToken);
    }

    /// <summary>Under the lock: queues the work item when the half ends, or has ended, by the peer or with the connection.</summary>
    public void NotifyOfAbort(IThreadPoolWorkItem? onAborted)
    {
        _onAborted = onAborted;
        NotifyIfAborted();
    }

    /// <summary>Under the lock: there may be room.</summary>
    public void Drain()
    {
        if (_end != HalfEnd.Open || _pending is not { } operation)
        {
            return;
        }

        operation.Take(Write(operation.Rest));
        if (operation.Rest.IsEmpty)
        {
            if (operation.IsLast)
            {
                Core.Finish();
            }

            _pending = null;
            operation.Complete();
        }
    }

    /// <summary>Under the lock: FIN after what was written, and after what a pending write has left.</summary>
    public void Finish()
    {
        if (_end != HalfEnd.Open)
        {
            return;
        }

        if (_pending is { } operation)
        {
            operation.IsLast = true;
        }
        else
        {
            _stream.IsStarted = true;
            Core.Finish();
        }
    }

    public void OnStopped() => End(HalfEnd.AbortedByPeer);

    public void OnFinished()
    {
        if (_end == HalfEnd.Open && Core.IsFinishing)
        {
            _end = HalfEnd.Completed;
            _closed?.Decide(Guard);
        }
    }

    public void OnConnectionClosed() => End(HalfEnd.ConnectionClosed);

    public void OnEarlyDataRejected() => End(HalfEnd.EarlyDataRejected);

    /// <summary>Under the lock: gives up what was not delivered, unless the half has ended.</summary>
    public void Abort(ulong errorCode)
    {
        if (_end == HalfEnd.Open)
        {
            _stream.IsStarted = true;
            Core.Reset(errorCode);
            End(HalfEnd.AbortedLocally);
        }
    }

    /// <summary>Under the lock: a write was cancelled. The peer must not take a part for the whole.</summary>
    public void OnCancelled()
    {
        _pending = null;
        Abort(_stream.Connection.Streams.DefaultErrorCode);
    }

    /// <summary>The pending write was awaited; the lock is not held.</summary>
    public void OnFetched() => Volatile.Write(ref _isBusy, false);

    private int Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return 0;
        }

        _stream.IsStarted = true;
        return Core.Write(bytes);
    }

    private void End(HalfEnd end)
    {
        if (_end != HalfEnd.Open)
        {
            return;
        }

        _end = end;
        _closed?.Decide(Guard, CreateException());
        if (_pending is { } operation)
        {
            _pending = null;
            operation.Fail(CreateException());
        }

        NotifyIfAborted();
    }

    private void NotifyIfAborted()
    {
        if (_onAborted is { } item && _end is not (HalfEnd.Open or HalfEnd.Completed or HalfEnd.AbortedLocally))
        {
            _onAborted = null;
            Guard.OnDecided(new QueuedWork(item));
        }
    }

    private Exception CreateException() => new HalfOutcome(_end, Core.StopErrorCode ?? 0).CreateException(_stream, "write");
}
