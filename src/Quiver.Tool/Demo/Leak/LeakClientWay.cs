namespace Quiver.Tool.Demo.Leak;

/// <summary>What the client does with a stream that the server opened, wrote to and finished.</summary>
internal enum LeakClientWay
{
    /// <summary>Reads once and ends its write half, as in the report.</summary>
    Close,

    /// <summary>Accepts it and forgets it, unread.</summary>
    Drop,

    /// <summary>Reads once and forgets it.</summary>
    ReadOnce,

    /// <summary>Accepts nothing.</summary>
    NeverAccept,

    /// <summary>Reads once and disposes it.</summary>
    Dispose,
}
