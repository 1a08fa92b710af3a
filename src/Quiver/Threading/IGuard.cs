namespace Quiver.Threading;

/// <summary>A lock that announces completions when it is left.</summary>
internal interface IGuard
{
    void Enter();

    /// <summary>Releases the lock, then announces what was put on the list while it was held.</summary>
    void Leave();

    /// <summary>Adds to the list; the lock is held.</summary>
    void OnDecided(Completion completion);
}
