namespace Quiver.Protocol.Buffers;

/// <summary>Calls an action after each full collection, for as long as the process lives: a finalizer that registers itself again.</summary>
internal sealed class FullCollectionHook
{
    private readonly Action _action;

    private FullCollectionHook(Action action)
    {
        _action = action;
    }

    ~FullCollectionHook()
    {
        // Young ones come here too, until the object is old itself.
        _action();
        GC.ReRegisterForFinalize(this);
    }

    /// <summary>The action runs on the finalizer's thread: it must be short, and must not throw.</summary>
    public static void Install(Action action) => _ = new FullCollectionHook(action);
}
