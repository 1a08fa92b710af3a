namespace Quiver.Threading;

/// <summary>Something whose outcome was decided under a lock and is to be announced once the lock is released.</summary>
internal abstract class Completion
{
    /// <summary>The next in the list that this one was put on; read it before <see cref="Announce"/>, which may put it on another.</summary>
    public Completion? Next { get; set; }

    /// <summary>Wakes whoever waits. The last thing done with the object: the waiter may use it again at once.</summary>
    public abstract void Announce();
}
