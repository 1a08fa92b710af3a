namespace Quiver.Http3.Datagrams;

/// <summary>What is known of the stream that a datagram names.</summary>
internal enum DatagramTarget
{
    /// <summary>It is not there yet, or has not said whether it takes datagrams.</summary>
    ToCome,

    /// <summary>It is over, or was never ours to judge: the datagram is dropped.</summary>
    Gone,

    /// <summary>A request that knows no datagrams.</summary>
    NoDatagrams,
}
