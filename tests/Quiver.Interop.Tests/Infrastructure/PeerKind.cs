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

    /// <summary>ngtcp2 0.12 with nghttp3, GnuTLS: gtlsclient.</summary>
    Ngtcp2,

    /// <summary>lsquic in Bun, BoringSSL.</summary>
    Bun,

    /// <summary>quinn 0.11 with hyperium's h3, in impit.</summary>
    Impit,

    /// <summary>Google's quiche in Chromium.</summary>
    Chromium,

    /// <summary>neqo in Firefox.</summary>
    Firefox,
}
