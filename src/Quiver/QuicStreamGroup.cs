namespace Quiver;

/// <summary>How many streams of a connection are alike, and the age of the oldest.</summary>
public readonly struct QuicStreamGroup
{
    internal QuicStreamGroup(QuicStreamType type, bool isLocal, QuicStreamHalves halves, int count, TimeSpan oldest)
    {
        Type = type;
        IsLocal = isLocal;
        Halves = halves;
        Count = count;
        OldestAge = oldest;
    }

    /// <summary>One direction or both.</summary>
    public QuicStreamType Type { get; }

    /// <summary>Whether this side opened them.</summary>
    public bool IsLocal { get; }

    /// <summary>Which halves are open.</summary>
    public QuicStreamHalves Halves { get; }

    /// <summary>How many; never 0.</summary>
    public int Count { get; }

    /// <summary>How long ago the oldest of them was opened.</summary>
    public TimeSpan OldestAge { get; }
}
