using Quiver.Diagnostics;

namespace Quiver.Driving;

/// <summary>Calls the application's stream capacity callback on the thread pool, one call at a time and in order.</summary>
internal sealed class CapacityNotifier(QuicConnection connection, Action<QuicConnection, QuicStreamCapacityChangedArgs> callback)
    : IThreadPoolWorkItem
{
    private readonly Lock _lock = new();
    private readonly Queue<QuicStreamCapacityChangedArgs> _waiting = new();
    private bool _isRunning;

    public void Add(int bidirectional, int unidirectional)
    {
        lock (_lock)
        {
            _waiting.Enqueue(new QuicStreamCapacityChangedArgs { BidirectionalIncrement = bidirectional, UnidirectionalIncrement = unidirectional });
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
            QuicStreamCapacityChangedArgs args;
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
                callback(connection, args);
            }
            catch (Exception e)
            {
                QuiverLog.StreamCapacityCallbackFailed(QuicDiagnostics.Logger, e);
            }
        }
    }
}
