using Quiver.Protocol.Streams;
using Quiver.Threading;

namespace Quiver.Driving;

/// <summary>
/// The half of a stream that the application reads: one read at a time. A read that must wait leaves its buffer here, and the thread
/// that brings the data fills it under the lock it holds anyway.
/// </summary>
internal sealed class ReadHalf(StreamDriver stream, ReceiveStream core) : AsyncOperation<int>(stream.Connection)
{
    private HalfOutcome _outcome;
    private Memory<byte> _buffer;
    private TaskCompletion? _closed;

    /// <summary>Succeeds when all data and the end were read; faults when the half ended otherwise.</summary>
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

    public ValueTask<int> ReadAsync(object root, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        Guard.Enter();
        try
        {
            if (!IsIdle)
            {
                throw new InvalidOperationException($"A read of stream {stream.State.Id} is pending; one read at a time.");
            }

            if (cancellationToken.IsCancellationRequested)
            {
                Abort(stream.Connection.Streams.DefaultErrorCode);
                return ValueTask.FromCanceled<int>(cancellationToken);
            }

            switch (_outcome.End)
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

            _buffer = buffer;
            Begin(root);
        }
        finally
        {
            Guard.Leave();
        }

        return ResultAsync(cancellationToken);
    }

    /// <summary>Under the lock: there may be data, or the end.</summary>
    public void Fill()
    {
        if (_outcome.End != HalfEnd.Open)
        {
            return;
        }

        if (!IsPending)
        {
            CompleteAtEnd();
        }
        else if (TryRead(_buffer.Span, out int count))
        {
            _buffer = default;
            Decide(count);
        }
    }

    public void OnReset(ulong errorCode) => End(HalfEnd.AbortedByPeer, errorCode);

    public void OnConnectionClosed() => End(HalfEnd.ConnectionClosed);

    public void OnEarlyDataRejected() => End(HalfEnd.EarlyDataRejected);

    /// <summary>Under the lock: asks the peer to stop, unless the half has ended.</summary>
    public void Abort(ulong errorCode)
    {
        if (_outcome.End == HalfEnd.Open)
        {
            stream.IsStarted = true;
            core.Stop(errorCode);
            End(HalfEnd.AbortedLocally);
        }
    }

    protected override void OnCancelled(CancellationToken cancellationToken)
    {
        _buffer = default;
        Decide(new OperationCanceledException(cancellationToken));
        Abort(stream.Connection.Streams.DefaultErrorCode);
    }

    private bool TryRead(Span<byte> destination, out int count)
    {
        count = destination.IsEmpty ? 0 : core.Read(destination);
        CompleteAtEnd();
        return count > 0 || _outcome.End == HalfEnd.Completed || (destination.IsEmpty && core.Available > 0);
    }

    private void CompleteAtEnd()
    {
        if (core.IsAtEnd)
        {
            _outcome = new HalfOutcome(HalfEnd.Completed, 0);
            _closed?.Decide(Guard);
        }
    }

    private void End(HalfEnd end, ulong errorCode = 0)
    {
        if (_outcome.End != HalfEnd.Open)
        {
            return;
        }

        _outcome = new HalfOutcome(end, errorCode);
        _closed?.Decide(Guard, CreateException());
        if (IsPending)
        {
            _buffer = default;
            Decide(CreateException());
        }
    }

    private Exception CreateException() => _outcome.CreateException(stream, "read");
}
