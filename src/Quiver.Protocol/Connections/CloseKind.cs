namespace Quiver.Protocol.Connections;

/// <summary>Why a connection ended.</summary>
internal enum CloseKind
{
    /// <summary>We closed with an application code.</summary>
    LocalApplication,

    /// <summary>The peer closed with an application code.</summary>
    PeerApplication,

    /// <summary>We found a violation or failed; the code is a transport error.</summary>
    LocalTransport,

    /// <summary>The peer closed with a transport error.</summary>
    PeerTransport,

    IdleTimeout,
    HandshakeTimeout,
    StatelessReset,

    /// <summary>The server offered no version that we speak.</summary>
    VersionNegotiation,
}
