namespace Quiver;

/// <summary>Where a connection is in its life.</summary>
public enum QuicConnectionState
{
    /// <summary>The handshake is not complete.</summary>
    Handshaking,

    /// <summary>Streams can be opened.</summary>
    Open,

    /// <summary>It has ended; its state stays for a moment, to answer the peer's late packets. RFC 9000 §10.2.</summary>
    Closing,
}
