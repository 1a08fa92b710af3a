namespace Quiver.Interop.Tests.Infrastructure;

/// <summary>The other implementations.</summary>
public enum PeerKind
{
    /// <summary>quic-go 0.29, crypto/tls.</summary>
    QuicGo,

    /// <summary>Cloudflare quiche 0.18, BoringSSL.</summary>
    Quiche,

    /// <summary>quinn 0.11 in Deno, rustls.</summary>
    Quinn,
}
