using System.Threading.Tasks.Sources;

namespace Quiver.Threading;

/// <summary>
/// A wait that is used again and again and allocates nothing: one operation at a time. It begins and is decided under the lock of its
/// guard and is announced after it; whoever awaits runs on the thread pool. It keeps the handle alive on which it was called.
/// </summary>
internal abstract class AsyncOperation<TResult> : Completion, IValueTaskSource<TResult>, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<TResult> _source = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private TResult _result = default!; // Set before it is read.
    private Exception? _error;
    private object? _root;
    private IGuard _guard = null!; // Set before anything is decided.
    private volatile Phase _phase;

    private enum Phase
    {
        Idle,
        Pending,
        Decided,
    }

    /// <summary>Whether nothing waits and nothing is left to be awaited.</summary>
    public bool IsIdle => _phase == Phase.Idle;

    public bool IsPending => _phase == Phase.Pending;

    /// <summary>What the pending operation keeps alive.</summary>
    protected object? Root => _root;

    public override void Announce()
    {
        Exception? error = _error;
        _error = null;
        _root = null;
        if (error is not null)
        {
            _source.SetException(error);
        }
        else
        {
            _source.SetResult(_result);
        }
    }

    TResult IValueTaskSource<TResult>.GetResult(short token) => GetResult(token);

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <summary>Under the lock, when idle. <paramref name="root"/> lives until the operation was awaited.</summary>
    protected void Begin(IGuard guard, object root)
    {
        _guard = guard;
        _root = root;
        _phase = Phase.Pending;
    }

    /// <summary>After the lock, once for each Begin: the task, with the token watched.</summary>
    protected ValueTask<TResult> ResultAsync(CancellationToken cancellationToken)
    {
        Watch(cancellationToken);
        return new ValueTask<TResult>(this, _source.Version);
    }

    /// <summary>As <see cref="ResultAsync"/>, for an operation without a result.</summary>
    protected ValueTask DoneAsync(CancellationToken cancellationToken)
    {
        Watch(cancellationToken);
        return new ValueTask(this, _source.Version);
    }

    /// <summary>Under the lock, when pending.</summary>
    protected void Decide(TResult result)
    {
        _phase = Phase.Decided;
        _result = result;
        _guard.OnDecided(this);
    }

    /// <summary>Under the lock, when pending.</summary>
    protected void Decide(Exception error)
    {
        _phase = Phase.Decided;
        _error = error;
        _guard.OnDecided(this);
    }

    /// <summary>Under the lock, when pending: the token was cancelled. Must decide.</summary>
    protected abstract void OnCancelled(CancellationToken cancellationToken);

    /// <summary>The outcome was fetched and the operation is idle; no lock is held.</summary>
    protected virtual void OnFetched()
    {
    }

    private void Watch(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(
                static (state, token) => ((AsyncOperation<TResult>)state!).Cancel(token), this);
        }
    }

    private void Cancel(CancellationToken cancellationToken)
    {
        _guard.Enter();
        try
        {
            if (IsPending)
            {
                OnCancelled(cancellationToken);
            }
        }
        finally
        {
            _guard.Leave();
        }
    }

    private TResult GetResult(short token)
    {
        // Waits for a callback that is running, so that none is left for the next operation.
        _registration.Dispose();
        _registration = default;
        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            // The source would keep the result alive.
            _source.Reset();
            _guard = null!; // As before the next Begin.
            _result = default!; // Not read before it is set again.
            _phase = Phase.Idle;
            OnFetched();
        }
    }
}
