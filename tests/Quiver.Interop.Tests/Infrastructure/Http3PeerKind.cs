namespace Quiver.Interop.Tests.Infrastructure;

/// <summary>Implementations of HTTP/3.</summary>
public enum Http3PeerKind
{
    /// <summary>ngtcp2 0.12 and nghttp3 0.8, GnuTLS: QPACK with its dynamic table.</summary>
    Ngtcp2,

    /// <summary>quic-go 0.29.</summary>
    QuicGo,

    /// <summary>Caddy 2.6, a server on quic-go.</summary>
    Caddy,

    /// <summary>Bun, lsquic and ls-qpack: QPACK with its dynamic table.</summary>
    Bun,

    /// <summary>impit, a client on quinn and hyperium h3.</summary>
    Impit,
}
