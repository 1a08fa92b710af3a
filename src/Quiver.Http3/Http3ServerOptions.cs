using System.Net;
using System.Net.Security;

namespace Quiver.Http3;

/// <summary>What an <see cref="Http3Server"/> serves, where and within which limits.</summary>
public sealed class Http3ServerOptions
{
    /// <summary>Serves one request; must be set. It runs on the thread pool. What it throws makes the response a 500, or resets it when it has begun.</summary>
    public Func<Http3Context, Task> Handler { get; set; } = null!; // Checked by Validate.

    /// <summary>Where to listen; must be set for <see cref="Http3Server.ListenAsync"/>. Port 0 takes a free one.</summary>
    public IPEndPoint? ListenEndPoint { get; set; }

    /// <summary>TLS settings with a certificate; must be set for <see cref="Http3Server.ListenAsync"/>. Without application protocols they get <c>h3</c>.</summary>
    public SslServerAuthenticationOptions? ServerAuthenticationOptions { get; set; }

    /// <summary>Changes the options of the listener: Retry, preferred addresses, backlog, versions.</summary>
    public Action<QuicListenerOptions>? ConfigureListener { get; set; }

    /// <summary>Changes the options of each connection, which are those of HTTP/3 already: windows, time-outs, tickets, early data.</summary>
    public Action<QuicServerConnectionOptions>? ConfigureConnection { get; set; }

    /// <summary>Requests of one connection that are served at once, 1 to 65,535. Default: 100. RFC 9114 §6.1.</summary>
    public int MaxConcurrentRequests { get; set; } = 100;

    /// <summary>
    /// The largest header or trailer section that is taken, in bytes as RFC 9114 §4.2.2 counts them. Default: 32,768. Larger ones are answered
    /// with 431 (Request Header Fields Too Large).
    /// </summary>
    public int MaxRequestHeadersSize { get; set; } = 32 * 1024;

    /// <summary>Bytes that a client's QPACK encoder may use of our dynamic table, 0 to 65,536. Default: 4,096. RFC 9204 §5.</summary>
    public int QpackMaxTableCapacity { get; set; } = 4096;

    /// <summary>Requests that may wait for QPACK insertions at once, 0 to 65,535. Default: 100. RFC 9204 §2.1.2.</summary>
    public int QpackBlockedStreams { get; set; } = 100;

    /// <summary>Whether extended CONNECT is understood (RFC 9220). Default: true; the handler answers 501 to protocols that it does not know.</summary>
    public bool EnableConnectProtocol { get; set; } = true;

    /// <summary>Whether HTTP datagrams are taken (RFC 9297). Default: false.</summary>
    public bool EnableDatagrams { get; set; }

    /// <summary>Whether responses without a Date field get one. Default: true. RFC 9110 §6.6.1.</summary>
    public bool SendDate { get; set; } = true;

    internal Http3Settings ToSettings()
    {
        if (Handler is null)
        {
            throw new ArgumentException("'Handler' must be set.");
        }

        Check(MaxConcurrentRequests, 1, ushort.MaxValue);
        Check(MaxRequestHeadersSize, 1, int.MaxValue);
        Check(QpackMaxTableCapacity, 0, Http3ClientConnectionOptions.MaxTableCapacity);
        Check(QpackBlockedStreams, 0, ushort.MaxValue);
        return new Http3Settings
        {
            MaxFieldSectionSize = MaxRequestHeadersSize,
            QpackMaxTableCapacity = QpackMaxTableCapacity,
            QpackBlockedStreams = QpackBlockedStreams,
            EnableConnectProtocol = EnableConnectProtocol,
            EnableDatagrams = EnableDatagrams,
        };
    }

    private static void Check(int value, int least, int most, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (value < least || value > most)
        {
            throw new ArgumentOutOfRangeException(name, value, $"'{name}' must be {least} to {most}.");
        }
    }
}
