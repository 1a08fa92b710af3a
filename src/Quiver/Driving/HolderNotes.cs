namespace Quiver.Driving;

/// <summary>Notes to the thread that holds a connection's lock, from those who do not wait for it.</summary>
[Flags]
internal enum HolderNotes
{
    None = 0,

    /// <summary>There are datagrams in the inbox.</summary>
    Datagrams = 1,

    /// <summary>The deadline is reached, or there is more to send.</summary>
    Deadline = 2,

    /// <summary>The slab was sent: another one may be built.</summary>
    Sent = 4,

    /// <summary>As <see cref="Sent"/>, but the system refused it.</summary>
    SendRefused = 8,

    /// <summary>The peer has lost the connection. RFC 9000 §10.3.</summary>
    StatelessReset = 16,

    /// <summary>The garbage collector took handles of streams, or the connection's own, undisposed.</summary>
    HandlesLost = 32,
}
