namespace Quiver;

/// <summary>What became of a datagram that was sent. RFC 9221 §5.2, §5.4.</summary>
public enum QuicDatagramStatus
{
    /// <summary>The peer's QUIC stack has it. Its application may still not see it.</summary>
    Acknowledged,

    /// <summary>It counts as lost. It may still have arrived; then <see cref="Acknowledged"/> follows.</summary>
    Lost,

    /// <summary>It was not sent within <see cref="QuicDatagramSendOptions.Expiry"/>.</summary>
    Expired,

    /// <summary>It was not sent: the connection ended, or the path carries datagrams of its size no more.</summary>
    Dropped,
}
