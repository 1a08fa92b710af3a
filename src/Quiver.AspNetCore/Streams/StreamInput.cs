using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Quiver.AspNetCore.Streams;

/// <summary>
/// The request as Kestrel reads it, straight from the QUIC stream: a read that finds data completes at once, and one that waits is a wait on
/// the stream and nothing else, no task and no second pipe. Reading from the stream and Kestrel's waiting are separate, since a
/// wait may be cancelled and the stream's read may not: it goes on, and the next wait gets what it brings.
/// </summary>
internal sealed class StreamInput : PipeReader, IValueTaskSource<ReadResult>
{
    /// <summary>A segment with less room is left, and a new one is taken.</summary>
    private const int MinFree = 512;

    /// <summary>What unidirectional streams carry is tiny, and they live long.</summary>
    private const int SmallSegment = 256;

    private readonly ServerStream _owner;
    private readonly Lock _lock = new();
    private readonly Action _onRead;
    private QuicStream _stream = null!; // Set by Start, before any use.
    private ManualResetValueTaskSourceCore<ReadResult> _waiting;
    private ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter _read;
    private CancellationTokenRegistration _registration;
    private Segment? _first;
    private Segment? _last;
    private Segment? _spare;
    private Exception? _error;

    /// <summary>Bytes in the segments that the reader has not seen.</summary>
    private long _unexamined;
    private bool _isReading;
    private bool _isWaiting;
    private bool _isCancelled;
    private bool _isAtEnd;
    private bool _isCompleted;

    public StreamInput(ServerStream owner)
    {
        _owner = owner;
        _onRead = OnRead;
    }

    /// <summary>Whether the request was read to its end and nothing is under way, so that another stream can be read.</summary>
    public bool IsReusable
    {
        get
        {
            lock (_lock)
            {
                return _isCompleted && _isAtEnd && _error is null && !_isReading && !_isWaiting;
            }
        }
    }

    public void Start(QuicStream stream)
    {
        _stream = stream;
        _error = null;
        _unexamined = 0;
        _isCancelled = false;
        _isAtEnd = false;
        _isCompleted = false;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ReadResult result;
        lock (_lock)
        {
            ThrowIfUnreadable();
            if (cancellationToken.IsCancellationRequested)
            {
                return ValueTask.FromCanceled<ReadResult>(cancellationToken);
            }

            while (!TryTakeResult(out result))
            {
                if (_isReading || !TryRead())
                {
                    _isWaiting = true;
                    break;
                }
            }

            if (_isWaiting)
            {
                _waiting.RunContinuationsAsynchronously = false;
            }
            else
            {
                return _error is null ? new ValueTask<ReadResult>(result) : ValueTask.FromException<ReadResult>(_error);
            }
        }

        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(static (state, token) => ((StreamInput)state!).OnTokenCancelled(token), this);
        }

        return new ValueTask<ReadResult>(this, _waiting.Version);
    }

    public override bool TryRead(out ReadResult result)
    {
        lock (_lock)
        {
            ThrowIfUnreadable();
            if (!TryTakeResult(out result) && (_isReading || !TryRead() || !TryTakeResult(out result)))
            {
                return false;
            }

            return _error is null ? true : throw _error;
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        lock (_lock)
        {
            if (consumed.GetObject() is not Segment segment || _first is null || _last is null)
            {
                // Of an empty buffer, or of one that is gone.
                return;
            }

            while (_first != segment)
            {
                Segment passed = _first;
                _first = passed.Following ?? throw new InvalidOperationException("The position is not in the buffer that was read.");
                Release(passed);
            }

            segment.Start = consumed.GetInteger();
            _unexamined = examined.GetObject() is Segment seen ? _last.RunningIndex + _last.End - (seen.RunningIndex + examined.GetInteger()) : 0;
            if (segment == _last && segment.Start == segment.End && !_isReading)
            {
                ReleaseAll();
            }
        }
    }

    public override void CancelPendingRead()
    {
        ReadResult result;
        lock (_lock)
        {
            _isCancelled = true;
            if (!_isWaiting)
            {
                return;
            }

            _isWaiting = false;
            TryTakeResult(out result);

            // The caller has its own work to go on with.
            _waiting.RunContinuationsAsynchronously = true;
        }

        _waiting.SetResult(result);
    }

    /// <summary>The stream itself is ended by the context's dispose; a read of it that is under way keeps its memory until then.</summary>
    public override void Complete(Exception? exception = null)
    {
        lock (_lock)
        {
            _isCompleted = true;
            if (!_isReading)
            {
                ReleaseAll();
            }
        }
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token)
    {
        _registration.Dispose();
        _registration = default;
        try
        {
            return _waiting.GetResult(token);
        }
        finally
        {
            _waiting.Reset();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _waiting.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiting.OnCompleted(continuation, state, token, flags);

    private void ThrowIfUnreadable()
    {
        if (_isCompleted)
        {
            throw new InvalidOperationException("Reading is over: the reader was completed.");
        }

        if (_isWaiting)
        {
            throw new InvalidOperationException("A read is pending; one read at a time.");
        }
    }

    /// <summary>Under the lock: what a reader gets now, if anything; with an error set, that.</summary>
    private bool TryTakeResult(out ReadResult result)
    {
        if (_unexamined == 0 && !_isAtEnd && !_isCancelled && _error is null)
        {
            result = default;
            return false;
        }

        ReadOnlySequence<byte> buffer = _first is null || _last is null
            ? ReadOnlySequence<byte>.Empty
            : new ReadOnlySequence<byte>(_first, _first.Start, _last, _last.End);
        _owner.OnReading(buffer);
        result = new ReadResult(buffer, _isCancelled, _isAtEnd);
        _isCancelled = false;
        return true;
    }

    /// <summary>Under the lock: reads from the stream; false when that is under way now.</summary>
    [SuppressMessage("Reliability", "CA2012:Use ValueTasks correctly", Justification = "The stream's read is kept until it is done.")]
    private bool TryRead()
    {
        Memory<byte> free = GetFree();
        try
        {
            _read = _stream.ReadAsync(free).ConfigureAwait(false).GetAwaiter();
        }
        catch (Exception e)
        {
            _error = _owner.OnReadFailed(e);
            return true;
        }

        if (_read.IsCompleted)
        {
            FetchRead();
            return true;
        }

        _isReading = true;
        _read.UnsafeOnCompleted(_onRead);
        return false;
    }

    /// <summary>Under the lock: the stream's read is done.</summary>
    [SuppressMessage("Usage", "VSTHRD002:Avoid problematic synchronous waits", Justification = "It is done.")]
    private void FetchRead()
    {
        _isReading = false;
        try
        {
            int count = _read.GetResult();
            _last!.Fill(count); // The read was into it.
            _unexamined += count;

            // The end with the last bytes: a request without a body is known as such before the application runs.
            _isAtEnd = count == 0 || _stream.IsReadToEnd;
        }
        catch (Exception e)
        {
            _error = _owner.OnReadFailed(e);
        }
    }

    private void OnRead()
    {
        ReadResult result;
        lock (_lock)
        {
            FetchRead();
            if (_isCompleted)
            {
                ReleaseAll();
            }

            if (!_isWaiting)
            {
                return;
            }

            _isWaiting = false;
            TryTakeResult(out result);
        }

        if (_error is null)
        {
            _waiting.SetResult(result);
        }
        else
        {
            _waiting.SetException(_error);
        }
    }

    private void OnTokenCancelled(CancellationToken token)
    {
        lock (_lock)
        {
            if (!_isWaiting)
            {
                return;
            }

            _isWaiting = false;
            _waiting.RunContinuationsAsynchronously = true;
        }

        _waiting.SetException(new OperationCanceledException(token));
    }

    private Memory<byte> GetFree()
    {
        if (_last is not { } last || last.Free.Length < Math.Min(MinFree, last.End))
        {
            Segment next = _spare ?? new Segment();
            _spare = null;
            if (_stream.Type == QuicStreamType.Bidirectional)
            {
                next.Rent(_owner.MemoryPool, MinFree);
            }
            else
            {
                next.Rent(MemoryPool<byte>.Shared, SmallSegment);
            }

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

    private void ReleaseAll()
    {
        while (_first is { } segment)
        {
            _first = segment.Following;
            Release(segment);
        }

        _last = null;
    }

    private void Release(Segment segment)
    {
        segment.Release();
        _spare ??= segment;
    }
}
