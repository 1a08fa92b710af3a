namespace Quiver.Tests.Infrastructure;

/// <summary>What the side that accepts does with each stream on which it was sent 17 bytes and the end.</summary>
public enum AcceptorWay
{
    /// <summary>CloseWrite, and drops it unread.</summary>
    Close,

    /// <summary>Drops it.</summary>
    Drop,

    /// <summary>One read of just what was sent, CloseWrite, and drops it.</summary>
    ReadOnce,

    /// <summary>One read, and dispose.</summary>
    Dispose,
}

/// <summary>What the side that opened the stream does after its hello.</summary>
public enum OpenerWay
{
    /// <summary>Disposes it without reading.</summary>
    Dispose,

    /// <summary>Has ended its write side, and drops it.</summary>
    Drop,
}
