namespace Quiver.Threading;

/// <summary>Puts the application's work on the thread pool once the lock is released.</summary>
internal sealed class QueuedWork(IThreadPoolWorkItem item) : Completion
{
    public override void Announce() => ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);
}
