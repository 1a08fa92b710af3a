namespace Quiver.Protocol.Datagrams;

/// <summary>What became of a datagram that was to be sent. RFC 9221 §5.2, §5.4.</summary>
internal enum DatagramFate
{
    /// <summary>The peer's transport has it.</summary>
    Acknowledged,

    /// <summary>Its packet counts as lost; if it arrived all the same, <see cref="Acknowledged"/> may follow.</summary>
    Lost,

    /// <summary>It was not sent before its time was over.</summary>
    Expired,

    /// <summary>It was not sent: the path carries no datagram of its size any more, or the connection ended.</summary>
    Dropped,
}
