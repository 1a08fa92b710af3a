namespace Quiver.Sockets;

/// <summary>What a datagram socket can do beyond sending and receiving one datagram.</summary>
[Flags]
internal enum DatagramFeatures
{
    None = 0,

    /// <summary>UDP_SEGMENT: one call sends many datagrams of one size.</summary>
    SegmentationOffload = 1,

    /// <summary>UDP_GRO: one read gives many datagrams of one size.</summary>
    ReceiveOffload = 2,

    /// <summary>ECN bits are read and written. RFC 9000 §13.4.</summary>
    Ecn = 4,

    /// <summary>The local address of a datagram is known, and can be chosen.</summary>
    PacketInformation = 8,

    /// <summary>Datagrams are not fragmented, so that path MTU discovery works. RFC 9000 §14.</summary>
    DoNotFragment = 16,
}
