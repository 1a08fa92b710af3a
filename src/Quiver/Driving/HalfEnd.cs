namespace Quiver.Driving;

/// <summary>How one half of a stream ended.</summary>
internal enum HalfEnd : byte
{
    /// <summary>It has not ended.</summary>
    Open,

    /// <summary>Read: all data and the end were read. Write: all data and the FIN were acknowledged.</summary>
    Completed,

    /// <summary>RESET_STREAM or STOP_SENDING of the peer.</summary>
    AbortedByPeer,

    /// <summary>Our own abort, cancellation or dispose.</summary>
    AbortedLocally,

    /// <summary>The stream was early data, which the server did not take.</summary>
    EarlyDataRejected,

    /// <summary>The connection ended first.</summary>
    ConnectionClosed,
}
