namespace Quiver.Protocol.Connections;

/// <summary>The life of a connection. RFC 9000 §5, §10.</summary>
internal enum ConnectionPhase
{
    Handshaking,

    /// <summary>TLS is complete: the application may use the connection.</summary>
    Established,

    /// <summary>We have sent CONNECTION_CLOSE and answer stragglers with it. RFC 9000 §10.2.1.</summary>
    Closing,

    /// <summary>The peer has closed: silence until it is over. RFC 9000 §10.2.2.</summary>
    Draining,
    Closed,
}
