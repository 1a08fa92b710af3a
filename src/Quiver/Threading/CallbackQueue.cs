namespace Quiver.Threading;

/// <summary>Calls the application on the thread pool, one call at a time and in order. What it throws goes to <paramref name="onFailed"/>.</summary>
internal sealed class CallbackQueue<T>(Action<T> call, Action<Exception> onFailed) : IThreadPoolWorkItem
{
    private readonly Lock _lock = new();
    private readonly Queue<T> _waiting = new();
    private bool _isRunning;

    public void Add(T args)
    {
        lock (_lock)
        {
            _waiting.Enqueue(args);
            if (_isRunning)
            {
                return;
            }

            _isRunning = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public void Execute()
    {
        while (true)
        {
            T? args;
            lock (_lock)
            {
                if (!_waiting.TryDequeue(out args))
                {
                    _isRunning = false;
                    return;
                }
            }

            try
            {
                call(args);
            }
            catch (Exception e)
            {
                onFailed(e);
            }
        }
    }
}
