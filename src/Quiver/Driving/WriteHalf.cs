using Quiver.Protocol.Streams;
using Quiver.Threading;

namespace Quiver.Driving;

/// <summary>
/// The half of a stream that the application writes: one write at a time. A write is done when the send buffer has taken all of it;
/// what does not fit waits here until there is room.
/// </summary>
internal sealed class WriteHalf(StreamDriver stream, SendStream core) : AsyncOperation<bool>(stream.Connection)
{
    private HalfOutcome _outcome;
    private ReadOnlyMemory<byte> _rest;
    private bool _isFinishWanted;
    private TaskCompletion? _closed;

    /// <summary>Succeeds when all data and the FIN were acknowledged; faults when the half ended otherwise.</summary>
    public Task Closed
    {
        get
        {
            Guard.Enter();
            try
            {
                if (_outcome.End == HalfEnd.Completed)
                {
                    return Task.CompletedTask;
                }

                if (_closed is null)
                {
                    _closed = new TaskCompletion();
                    if (_outcome.End != HalfEnd.Open)
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

    public ValueTask WriteAsync(object root, ReadOnlyMemory<byte> buffer, bool completeWrites, CancellationToken cancellationToken)
    {
        Guard.Enter();
        try
        {
            if (!IsIdle)
            {
                throw new InvalidOperationException($"A write to stream {stream.State.Id} is pending; one write at a time.");
            }

            if (cancellationToken.IsCancellationRequested)
            {
                Abort(stream.Connection.Streams.DefaultErrorCode);
                return ValueTask.FromCanceled(cancellationToken);
            }

            if (_outcome.End is not (HalfEnd.Open or HalfEnd.Completed))
            {
                return ValueTask.FromException(CreateException());
            }

            if (_outcome.End == HalfEnd.Completed || core.IsFinishing)
            {
                return ValueTask.CompletedTask;
            }

            _rest = buffer;
            _isFinishWanted = completeWrites;
            if (TryWrite())
            {
                return ValueTask.CompletedTask;
            }

            Begin(root);
        }
        finally
        {
            Guard.Leave();
        }

        return DoneAsync(cancellationToken);
    }

    /// <summary>Under the lock: there may be room.</summary>
    public void Drain()
    {
        if (IsPending && _outcome.End == HalfEnd.Open && TryWrite())
        {
            Decide(true);
        }
    }

    /// <summary>Under the lock: FIN after what was written, and after what a pending write has left.</summary>
    public void Finish()
    {
        if (_outcome.End != HalfEnd.Open)
        {
            return;
        }

        if (IsPending)
        {
            _isFinishWanted = true;
        }
        else
        {
            stream.IsStarted = true;
            core.Finish();
        }
    }

    public void OnStopped(ulong errorCode) => End(HalfEnd.AbortedByPeer, errorCode);

    public void OnFinished()
    {
        if (_outcome.End == HalfEnd.Open && core.IsFinishing)
        {
            _outcome = new HalfOutcome(HalfEnd.Completed, 0);
            _closed?.Decide(Guard);
        }
    }

    public void OnConnectionClosed() => End(HalfEnd.ConnectionClosed);

    public void OnEarlyDataRejected() => End(HalfEnd.EarlyDataRejected);

    /// <summary>Under the lock: gives up what was not delivered, unless the half has ended.</summary>
    public void Abort(ulong errorCode)
    {
        if (_outcome.End == HalfEnd.Open)
        {
            stream.IsStarted = true;
            core.Reset(errorCode);
            End(HalfEnd.AbortedLocally);
        }
    }

    protected override void OnCancelled(CancellationToken cancellationToken)
    {
        Decide(new OperationCanceledException(cancellationToken));
        Abort(stream.Connection.Streams.DefaultErrorCode);
    }

    private bool TryWrite()
    {
        if (!_rest.IsEmpty)
        {
            stream.IsStarted = true;
            _rest = _rest[core.Write(_rest.Span)..];
            if (!_rest.IsEmpty)
            {
                return false;
            }
        }

        _rest = default;
        if (_isFinishWanted)
        {
            stream.IsStarted = true;
            core.Finish();
        }

        return true;
    }

    private void End(HalfEnd end, ulong errorCode = 0)
    {
        if (_outcome.End != HalfEnd.Open)
        {
            return;
        }

        _outcome = new HalfOutcome(end, errorCode);
        _closed?.Decide(Guard, CreateException());
        _rest = default;
        if (IsPending)
        {
            Decide(CreateException());
        }
    }

    private Exception CreateException() => _outcome.CreateException(stream, "write");
}
