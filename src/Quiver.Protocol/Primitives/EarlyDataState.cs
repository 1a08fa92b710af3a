namespace Quiver.Protocol.Primitives;

/// <summary>What became of early data (0-RTT). RFC 9001 §4.6.</summary>
internal enum EarlyDataState
{
    /// <summary>None was sent, or offered.</summary>
    None,

    /// <summary>Client: it goes out, and the server has not answered.</summary>
    Pending,
    Accepted,
    Rejected,
}
