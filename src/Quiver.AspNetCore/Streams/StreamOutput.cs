using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Quiver.AspNetCore.Streams;

/// <summary>
/// The answer as Kestrel writes it. A flush hands its bytes to the connection's <see cref="Connections.WriteBatch"/> and is done, so that the
/// end of the answer, which comes right after, goes with them; a large one is written at once. A flush waits while more than
/// the options' MaxWriteBufferSize could not be written.
/// </summary>
internal sealed class StreamOutput : PipeWriter, IValueTaskSource<FlushResult>
{
    /// <summary>So much is not put off: it fills packets by itself.</summary>
    private const int LargeFlush = 8 * 1024;

    private const int MinSegment = 1024;

    private readonly ServerStream _owner;
    private readonly Lock _lock = new();
    private readonly Action _onWritten;
    private QuicStream _stream = null!; // Set by Start, before any use.
    private ManualResetValueTaskSourceCore<FlushResult> _waiter = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _write;

    /// <summary>How much is being written, and whether the FIN goes with it.</summary>
    private (int Count, bool IsLast) _writing;
    private TaskCompletionSource? _unblocked;
    private Segment? _first;
    private Segment? _last;
    private Segment? _spare;
    private long _unflushed;

    /// <summary>Flushed and not yet written: the first bytes of the segments.</summary>
    private long _flushed;
    private State _state;

    public StreamOutput(ServerStream owner)
    {
        _owner = owner;
        _onWritten = OnWritten;
    }

    [Flags]
    private enum State
    {
        None,

        /// <summary>GetMemory was called, and Advance not yet.</summary>
        MemoryIsOut = 1,

        /// <summary>In the connection's batch.</summary>
        Scheduled = 2,

        /// <summary>Somebody writes to the stream, or waits for it to take more.</summary>
        Writing = 4,

        /// <summary>A flush waits.</summary>
        Waiting = 8,

        /// <summary>The next flush is cancelled.</summary>
        CancelRequested = 16,

        /// <summary>Kestrel has written all.</summary>
        Completed = 32,

        /// <summary>The FIN is in the stream.</summary>
        Finished = 64,

        /// <summary>The stream takes no more.</summary>
        Failed = 128,

        /// <summary>The owner was told that nothing will be written any more.</summary>
        Done = 256,
    }

    /// <summary>The next in the connection's batch, which alone uses it.</summary>
    public StreamOutput? NextInBatch { get; set; }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _unflushed;

    /// <summary>Whether all was written and the FIN with it, so that another stream can be written.</summary>
    public bool IsReusable
    {
        get
        {
            lock (_lock)
            {
                return Has(State.Done) && Has(State.Finished) && !Has(State.Failed);
            }
        }
    }

    /// <summary>Done when the stream is not known to hold up what was flushed, or will get nothing more.</summary>
    public ValueTask WhenUnblockedAsync()
    {
        lock (_lock)
        {
            if (!Has(State.Writing) || Has(State.Done))
            {
                return ValueTask.CompletedTask;
            }

            _unblocked ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(_unblocked.Task);
        }
    }

    public void Start(QuicStream stream)
    {
        _stream = stream;
        _unflushed = 0;
        _flushed = 0;
        _unblocked = null;
        _state = stream.CanWrite ? State.None : State.Completed | State.Failed | State.Done;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        lock (_lock)
        {
            ThrowIfCompleted();
            _state |= State.MemoryIsOut;
            if (_last is null || _last.Free.Length < Math.Max(1, sizeHint))
            {
                Segment next = _spare ?? new Segment();
                _spare = null;
                next.Rent(_owner.MemoryPool, Math.Max(MinSegment, sizeHint));
                if (_last is null)
                {
                    _first = next;
                }
                else
                {
                    _last.Append(next);
                }

                _last = next;
            }

            return _last.Free;
        }
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        lock (_lock)
        {
            if (_last is null || (uint)bytes > (uint)_last.Free.Length)
            {
                throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "More than the memory that was asked for.");
            }

            _state &= ~State.MemoryIsOut;
            _last.Fill(bytes);
            _unflushed += bytes;
        }
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

        Flush();
        bool isWaiting = false;
        bool isCancelled;
        bool isFailed;
        lock (_lock)
        {
            isFailed = Has(State.Failed);
            isCancelled = Has(State.CancelRequested);
            _state &= ~State.CancelRequested;
            if (!isFailed && !isCancelled && _flushed > _owner.MaxWriteBufferSize)
            {
                if (Has(State.Waiting))
                {
                    throw new InvalidOperationException("A flush is pending; one at a time.");
                }

                isWaiting = true;
                _state |= State.Waiting;
            }
        }

        if (!isWaiting)
        {
            return new ValueTask<FlushResult>(new FlushResult(isCancelled, isFailed));
        }

        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(static (state, token) => ((StreamOutput)state!).OnTokenCancelled(token), this);
        }

        return new ValueTask<FlushResult>(this, _waiter.Version);
    }

    public override void CancelPendingFlush()
    {
        lock (_lock)
        {
            if (!Has(State.Waiting))
            {
                _state |= State.CancelRequested;
                return;
            }

            _state &= ~State.Waiting;
        }

        _waiter.SetResult(new FlushResult(isCanceled: true, isCompleted: false));
    }

    /// <summary>Ends the answer: with a FIN, or, for an exception, by a reset with the context's error code.</summary>
    public override void Complete(Exception? exception = null)
    {
        bool isLast;
        lock (_lock)
        {
            if (Has(State.Completed))
            {
                return;
            }

            _state |= State.Completed;
            isLast = exception is null && !Has(State.Failed);
        }

        if (exception is not null)
        {
            _owner.ResetWrites(exception);
        }

        if (isLast)
        {
            Flush();
        }
        else
        {
            OnFailed();
        }
    }

    /// <summary>From the batch: writes what was flushed.</summary>
    public void WriteOut()
    {
        lock (_lock)
        {
            _state &= ~State.Scheduled;
            if (Has(State.Writing))
            {
                return;
            }

            _state |= State.Writing;
        }

        Write();
    }

    /// <summary>The stream takes no more: what is left is dropped, and flushes say that it is over.</summary>
    public void OnFailed()
    {
        bool isWaiting;
        lock (_lock)
        {
            _state |= State.Failed;
            isWaiting = Has(State.Waiting);
            _state &= ~State.Waiting;
            if (!Has(State.Writing))
            {
                Drop();
            }
        }

        if (isWaiting)
        {
            _waiter.SetResult(new FlushResult(isCanceled: false, isCompleted: true));
        }

        TellIfDone();
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token)
    {
        _registration.Dispose();
        _registration = default;
        try
        {
            return _waiter.GetResult(token);
        }
        finally
        {
            _waiter.Reset();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _waiter.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiter.OnCompleted(continuation, state, token, flags);

    private bool Has(State state) => (_state & state) == state;

    private void ThrowIfCompleted()
    {
        if (Has(State.Completed))
        {
            throw new InvalidOperationException("Writing is over: the writer was completed.");
        }
    }

    /// <summary>Sees to it that what was written by Kestrel gets into the stream, now or soon.</summary>
    private void Flush()
    {
        bool isNow;
        lock (_lock)
        {
            _flushed += _unflushed;
            _unflushed = 0;
            bool isEnd = Has(State.Completed);
            if (Has(State.Failed))
            {
                Drop();
                return;
            }

            if (Has(State.Writing) || (_flushed == 0 && !isEnd))
            {
                // Who writes sees it.
                return;
            }

            isNow = _flushed >= LargeFlush || (isEnd && _owner.IsAlone);
            if (!isNow && Has(State.Scheduled))
            {
                return;
            }

            _state |= isNow ? State.Writing : State.Scheduled;
        }

        if (isNow)
        {
            Write();
        }
        else
        {
            _owner.Connection.Batch.Add(this);
        }
    }

    /// <summary>For one thread at a time: until nothing is left, or the stream takes no more at present.</summary>
    [SuppressMessage("Reliability", "CA2012:Use ValueTasks correctly", Justification = "A write that waits is kept until it is done.")]
    private void Write()
    {
        while (TryTake(out ReadOnlyMemory<byte> chunk, out bool isLast))
        {
            _writing = (chunk.Length, isLast);
            try
            {
                _write = _stream.WriteAsync(chunk, completeWrites: isLast).ConfigureAwait(false).GetAwaiter();
            }
            catch (Exception e)
            {
                Fail(e);
                return;
            }

            if (!_write.IsCompleted)
            {
                _write.UnsafeOnCompleted(_onWritten);
                return;
            }

            if (!TryFetchWrite())
            {
                return;
            }
        }

        TellIfDone();
    }

    private void OnWritten()
    {
        if (TryFetchWrite())
        {
            Write();
        }
    }

    /// <summary>What is to be written next; false when there is nothing, and who comes later has to write.</summary>
    private bool TryTake(out ReadOnlyMemory<byte> chunk, out bool isLast)
    {
        lock (_lock)
        {
            while (_flushed > 0 && _first!.Start == _first.End)
            {
                Segment passed = _first;
                _first = passed.Following;
                Release(passed);
            }

            chunk = _flushed == 0 ? default : _first!.Memory[_first.Start..(int)Math.Min(_first.End, _first.Start + _flushed)];
            isLast = Has(State.Completed) && chunk.Length == _flushed;
            if (!Has(State.Failed) && !Has(State.Finished) && (chunk.Length > 0 || isLast))
            {
                return true;
            }

            _state &= ~State.Writing;
            if (Has(State.Failed) || (_flushed + _unflushed == 0 && !Has(State.MemoryIsOut)))
            {
                Drop();
            }

            return false;
        }
    }

    [SuppressMessage("Usage", "VSTHRD002:Avoid problematic synchronous waits", Justification = "It is done.")]
    private bool TryFetchWrite()
    {
        try
        {
            _write.GetResult();
        }
        catch (Exception e)
        {
            Fail(e);
            return false;
        }

        bool isWaiting = false;
        lock (_lock)
        {
            if (_writing.Count > 0)
            {
                _first!.Start += _writing.Count; // The bytes were its.
                _flushed -= _writing.Count;
            }

            if (_writing.IsLast)
            {
                _state |= State.Finished;
            }

            if (Has(State.Waiting) && _flushed <= _owner.MaxWriteBufferSize / 2)
            {
                isWaiting = true;
                _state &= ~State.Waiting;
            }
        }

        if (isWaiting)
        {
            _waiter.SetResult(new FlushResult(isCanceled: false, isCompleted: false));
        }

        return true;
    }

    private void Fail(Exception error)
    {
        lock (_lock)
        {
            _state &= ~State.Writing;
        }

        _owner.OnWriteFailed(error);
        OnFailed();
    }

    private void OnTokenCancelled(CancellationToken token)
    {
        lock (_lock)
        {
            if (!Has(State.Waiting))
            {
                return;
            }

            _state &= ~State.Waiting;
        }

        _waiter.SetException(new OperationCanceledException(token));
    }

    /// <summary>Tells the owner, once, that the stream gets nothing more from here.</summary>
    private void TellIfDone()
    {
        TaskCompletionSource? unblocked;
        lock (_lock)
        {
            bool isOver = Has(State.Completed) && (Has(State.Finished) || Has(State.Failed));
            if (!isOver || Has(State.Done) || Has(State.Writing) || Has(State.Scheduled))
            {
                return;
            }

            _state |= State.Done;
            unblocked = _unblocked;
        }

        unblocked?.TrySetResult();
        _owner.OnOutputDone();
    }

    /// <summary>Under the lock.</summary>
    private void Drop()
    {
        _flushed = 0;
        _unflushed = 0;
        while (_first is { } segment && (segment != _last || !Has(State.MemoryIsOut)))
        {
            _first = segment.Following;
            Release(segment);
        }

        if (_first is null)
        {
            _last = null;
        }
    }

    private void Release(Segment segment)
    {
        segment.Release();
        _spare ??= segment;
    }
}
