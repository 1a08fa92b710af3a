using System.Security.Cryptography.X509Certificates;

namespace Quiver.AspNetCore;

/// <summary>How Kestrel's HTTP/3 endpoints use Quiver. The defaults are those of Kestrel's own QUIC transport.</summary>
public sealed class QuiverTransportOptions
{
    /// <summary>The largest QUIC error code: 2^62 - 1. RFC 9000 §20.2.</summary>
    internal const long MaxErrorCode = (1L << 62) - 1;

    /// <summary>How many requests a client may have open at a time on one connection. Default: 100.</summary>
    public int MaxBidirectionalStreamCount { get; set; } = 100;

    /// <summary>How many unidirectional streams a client may have open at a time; HTTP/3 needs three. Default: 10.</summary>
    public int MaxUnidirectionalStreamCount { get; set; } = 10;

    /// <summary>How many connections may be in their handshake or wait for Kestrel; further ones are refused. Default: 512.</summary>
    public int Backlog { get; set; } = 512;

    /// <summary>How many bytes of a request are received before the application takes them: a power of two. Default: 1 MiB.</summary>
    public int MaxReadBufferSize { get; set; } = 1 << 20;

    /// <summary>From how many bytes of an answer that could not be sent yet the application's writes wait. Default: 64 KiB.</summary>
    public int MaxWriteBufferSize { get; set; } = 1 << 16;

    /// <summary>The code of streams that end without one of Kestrel's. Default: H3_REQUEST_CANCELLED (0x10C).</summary>
    public long DefaultStreamErrorCode { get; set; } = 0x10C;

    /// <summary>The code of connections that end without one of Kestrel's. Default: H3_NO_ERROR (0x100).</summary>
    public long DefaultCloseErrorCode { get; set; } = 0x100;

    /// <summary>
    /// After how long a silent connection is forgotten. Default: <see cref="Timeout.InfiniteTimeSpan"/>, as Kestrel has its own
    /// KeepAliveTimeout, which closes it in good order.
    /// </summary>
    public TimeSpan IdleTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Intermediate certificates to send with a server certificate, beside those found in the machine's stores: Kestrel does not hand over the
    /// chain of <c>UseHttps</c>. Null, the default: none. Certificates that come with a certificate context of their own are sent with its chain.
    /// </summary>
    public X509Certificate2Collection? CertificateChain { get; set; }

    /// <summary>
    /// Whether clients may send extended CONNECT requests (RFC 9220), by which WebSockets over HTTP/3 reach <c>UseWebSockets</c>. Default: true.
    /// </summary>
    public bool EnableExtendedConnect { get; set; } = true;

    /// <summary>Changes what a listener is made with, after everything else was set: Retry, versions, preferred addresses. Default: null.</summary>
    public Action<QuicListenerOptions>? ConfigureListener { get; set; }

    /// <summary>
    /// Changes the options of each connection, after everything else was set: early data, windows, tickets. Runs during the handshake.
    /// Default: null.
    /// </summary>
    public Action<QuicConnection, QuicServerConnectionOptions>? ConfigureConnection { get; set; }

    /// <summary>Says what is wrong when the endpoint is bound: later every handshake would fail, and only the log would tell.</summary>
    internal void Validate()
    {
        Require(MaxBidirectionalStreamCount is > 0 and <= ushort.MaxValue, nameof(MaxBidirectionalStreamCount), MaxBidirectionalStreamCount, "1 to 65535");
        Require(MaxUnidirectionalStreamCount is >= 3 and <= ushort.MaxValue, nameof(MaxUnidirectionalStreamCount), MaxUnidirectionalStreamCount, "3 to 65535");
        Require(Backlog > 0, nameof(Backlog), Backlog, "positive");
        Require(MaxReadBufferSize > 0 && int.IsPow2(MaxReadBufferSize), nameof(MaxReadBufferSize), MaxReadBufferSize, "a power of two");
        Require(MaxWriteBufferSize >= 0, nameof(MaxWriteBufferSize), MaxWriteBufferSize, "0 or more");
        Require(DefaultStreamErrorCode is >= 0 and <= MaxErrorCode, nameof(DefaultStreamErrorCode), DefaultStreamErrorCode, "0 to 2^62 - 1");
        Require(DefaultCloseErrorCode is >= 0 and <= MaxErrorCode, nameof(DefaultCloseErrorCode), DefaultCloseErrorCode, "0 to 2^62 - 1");
    }

    private static void Require(bool isMet, string name, long value, string what)
    {
        if (!isMet)
        {
            throw new InvalidOperationException($"'{nameof(QuiverTransportOptions)}.{name}' is {value}; it must be {what}.");
        }
    }
}
