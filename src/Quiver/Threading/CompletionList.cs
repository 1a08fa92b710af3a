namespace Quiver.Threading;

/// <summary>Completions decided while a lock is held, in order. Guarded by that lock but for <see cref="Announce"/>.</summary>
internal struct CompletionList
{
    private Completion? _first;
    private Completion? _last;

    public void Add(Completion completion)
    {
        completion.Next = null;
        if (_last is null)
        {
            _first = completion;
        }
        else
        {
            _last.Next = completion;
        }

        _last = completion;
    }

    /// <summary>Empties the list and returns its first element, for <see cref="Announce"/> after the lock.</summary>
    public Completion? TakeAll()
    {
        Completion? first = _first;
        _first = _last = null;
        return first;
    }

    public static void Announce(Completion? first)
    {
        while (first is not null)
        {
            Completion current = first;
            first = current.Next;
            current.Announce();
        }
    }
}
