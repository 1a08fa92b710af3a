namespace Quiver.Protocol.Tls;

/// <summary>Points at which a handshake waits for the application.</summary>
internal enum TlsSuspension
{
    None,

    /// <summary>Server: the ClientHello is read; name and protocols are known; settings are wanted.</summary>
    ServerSettings,

    /// <summary>The peer's chain is known and its signature verified; a verdict on the chain is wanted.
    /// On a server that asked for a certificate this also comes when the client sent none.</summary>
    PeerCertificate,
}
