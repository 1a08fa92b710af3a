using Quiver.Protocol.Streams;
using Quiver.Threading;

namespace Quiver.Driving;

/// <summary>The half of a stream that the application reads: one read at a time.</summary>
internal sealed class ReadHalf
{
    private readonly StreamDriver _stream;
    private HalfEnd _end;
    private bool _isBusy;

    /// <summary>Under the lock, from its start until it is decided: then it belongs to whoever awaits it.</summary>
    private ReadOperation? _pending;
    private TaskCompletion? _closed;

    public ReadHalf(StreamDriver stream)
    {
        _stream = stream;
        if (Core.ResetErrorCode is not null)
        {
            _end = HalfEnd.AbortedByPeer;
        }
    }

    /// <summary>Whether there may be something to read.</summary>
    public bool IsOpen => _end == HalfEnd.Open;

    /// <summary>Whether all data and the end were read; may be asked without the lock, as it never changes back.</summary>
    public bool IsCompleted => _end == HalfEnd.Completed;

    public bool IsPending => _pending is not null;

    public IGuard Guard => _stream.Connection;

    /// <summary>Succeeds when all data and the end were read; faults when the half ended otherwise.</summary>
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
                    if (!IsOpen)
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

    private ReceiveStream Core => _stream.State.Receive!; // Or there is no read half.

    public ValueTask<int> ReadAsync(object root, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ReadOperation operation;
        Guard.Enter();
        try
        {
            if (Volatile.Read(ref _isBusy))
            {
                throw new InvalidOperationException($"A read of stream {_stream.State.Id} is pending; one read at a time.");
            }

            if (cancellationToken.IsCancellationRequested)
            {
                OnCancelled();
                return ValueTask.FromCanceled<int>(cancellationToken);
            }

            _stream.Touch();
            switch (_end)
            {
                case HalfEnd.Completed:
                    return new ValueTask<int>(0);
                case not HalfEnd.Open:
                    return ValueTask.FromException<int>(CreateException());
            }

            if (TryRead(buffer.Span, out int count))
            {
                return new ValueTask<int>(count);
            }

            operation = ReadOperation.Start(this, root, buffer);
            _pending = operation;
            _isBusy = true;
        }
        finally
        {
            Guard.Leave();
        }

        return operation.WaitAsync(cancellationToken);
    }

    /// <summary>Under the lock: there may be data, or the end.</summary>
    public void Fill()
    {
        if (!IsOpen)
        {
            return;
        }

        if (_pending is not { } operation)
        {
            CompleteAtEnd();
        }
        else if (TryRead(operation.Destination, out int count))
        {
            _pending = null;
            operation.Complete(count);
        }
    }

    public void OnReset() => End(HalfEnd.AbortedByPeer);

    /// <summary>Under the lock. When all data and the end had come, they stay readable: that is what a peer's close waits for.</summary>
    public void OnConnectionClosed()
    {
        if (IsOpen && !Core.HasAllData)
        {
            Core.Abandon();
            End(HalfEnd.ConnectionClosed);
        }
    }

    public void OnEarlyDataRejected() => End(HalfEnd.EarlyDataRejected);

    /// <summary>Under the lock: asks the peer to stop, unless the half has ended.</summary>
    public void Abort(ulong errorCode)
    {
        if (IsOpen)
        {
            _stream.IsStarted = true;
            Core.Stop(errorCode);
            End(HalfEnd.AbortedLocally);
        }
    }

    /// <summary>Under the lock: a read was cancelled. Data may be on its way, and nobody would take it.</summary>
    public void OnCancelled()
    {
        _pending = null;
        Abort(_stream.Connection.Streams.DefaultErrorCode);
    }

    /// <summary>The pending read was awaited; the lock is not held.</summary>
    public void OnFetched() => Volatile.Write(ref _isBusy, false);

    private bool TryRead(Span<byte> destination, out int count)
    {
        count = destination.IsEmpty ? 0 : Core.Read(destination);
        CompleteAtEnd();
        return count > 0 || _end == HalfEnd.Completed || (destination.IsEmpty && Core.Available > 0);
    }

    private void CompleteAtEnd()
    {
        if (Core.IsAtEnd && IsOpen)
        {
            _end = HalfEnd.Completed;
            _closed?.Decide(Guard);
            _stream.OnReadEnded();
        }
    }

    private void End(HalfEnd end)
    {
        if (!IsOpen)
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

        _stream.OnReadEnded();
    }

    private Exception CreateException() => new HalfOutcome(_end, Core.ResetErrorCode ?? 0).CreateException(_stream, "read");
}
