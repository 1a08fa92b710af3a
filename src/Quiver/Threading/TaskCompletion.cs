namespace Quiver.Threading;

/// <summary>A task whose outcome is decided under a lock and announced after it. A failure that nobody looks at is not reported as unobserved.</summary>
internal sealed class TaskCompletion : Completion
{
    private readonly TaskCompletionSource _source = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _error;
    private bool _isDecided;

    public Task Task => _source.Task;

    /// <summary>Decides once; later calls do nothing. Under the guard's lock.</summary>
    public void Decide(IGuard guard, Exception? error = null)
    {
        if (!_isDecided)
        {
            _isDecided = true;
            _error = error;
            guard.OnDecided(this);
        }
    }

    public override void Announce()
    {
        if (_error is null)
        {
            _source.TrySetResult();
        }
        else
        {
            _source.TrySetException(_error);
            _ = _source.Task.Exception;
        }
    }
}
