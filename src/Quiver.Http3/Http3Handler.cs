using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Security;
using System.Runtime.Versioning;
using Quiver.Http3.Handler;

namespace Quiver.Http3;

/// <summary>
/// Sends the requests of an <see cref="HttpClient"/> over HTTP/3 where their version policy and the server allow it, and over an inner
/// <see cref="SocketsHttpHandler"/> where not; options, exceptions, metrics and activities are those of <see cref="SocketsHttpHandler"/>.
/// <para>
/// HTTP/3 is used for <c>https</c> when a request's version is 3 or more with <see cref="HttpVersionPolicy.RequestVersionExact"/> or
/// <see cref="HttpVersionPolicy.RequestVersionOrHigher"/>, and, once the server has said by <c>Alt-Svc</c> that it speaks it, when version and
/// policy allow 3. Never over a proxy.
/// </para>
/// </summary>
public sealed class Http3Handler : HttpMessageHandler
{
    private readonly Lock _lock = new();
    private HandlerChain? _chain;
    private bool _isDisposed;

    /// <summary>Makes a handler with the defaults of <see cref="SocketsHttpHandler"/>.</summary>
    public Http3Handler()
    {
    }

    /// <summary>
    /// What sends all that HTTP/3 is not used for. Null, the default, means a <see cref="SocketsHttpHandler"/> with the options of this one; to
    /// one that is given they do not apply, so redirects, cookies and decompression should be off there. Disposed with this handler.
    /// </summary>
    public HttpMessageHandler? InnerHandler { get; set => Set(ref field, value); }

    /// <summary>The TLS options: client certificates, validation. Host name and protocols are set for each connection.</summary>
    public SslClientAuthenticationOptions SslOptions
    {
        get => field ??= new SslClientAuthenticationOptions();
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Set(ref field, value);
        }
    }

    /// <summary>Whether <see cref="Proxy"/>, or without one the system's, is used. Default: true. HTTP/3 is never used over a proxy.</summary>
    public bool UseProxy { get; set => Set(ref field, value); } = true;

    /// <summary>The proxy. Null, the default, means <see cref="HttpClient.DefaultProxy"/>.</summary>
    public IWebProxy? Proxy { get; set => Set(ref field, value); }

    /// <summary>Credentials for the system's proxy. Default: none.</summary>
    public ICredentials? DefaultProxyCredentials { get; set => Set(ref field, value); }

    /// <summary>
    /// Credentials for servers that ask for some. Over HTTP/3 they answer Basic only: NTLM and Negotiate are bound to a connection of HTTP/1.1.
    /// Default: none.
    /// </summary>
    public ICredentials? Credentials { get; set => Set(ref field, value); }

    /// <summary>Whether cookies are kept and sent. Default: true.</summary>
    public bool UseCookies { get; set => Set(ref field, value); } = true;

    /// <summary>Where cookies are kept.</summary>
    public CookieContainer CookieContainer
    {
        get => field ??= new CookieContainer();
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Set(ref field, value);
        }
    }

    /// <summary>Whether redirects are followed. Default: true.</summary>
    public bool AllowAutoRedirect { get; set => Set(ref field, value); } = true;

    /// <summary>How many redirects are followed at most; the next one is returned as the response. Default: 50.</summary>
    public int MaxAutomaticRedirections
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            Set(ref field, value);
        }
    } = 50;

    /// <summary>The codings that are asked for and undone. Default: none.</summary>
    public DecompressionMethods AutomaticDecompression { get; set => Set(ref field, value); }

    /// <summary>How long connecting may take. Default: no limit but QUIC's own of 10 seconds.</summary>
    public TimeSpan ConnectTimeout
    {
        get;
        set
        {
            CheckTime(value, isZeroAllowed: false);
            Set(ref field, value);
        }
    } = Timeout.InfiniteTimeSpan;

    /// <summary>How long a request with <c>Expect: 100-continue</c> waits before its content goes out anyway. Default: 1 second.</summary>
    public TimeSpan Expect100ContinueTimeout
    {
        get;
        set
        {
            CheckTime(value, isZeroAllowed: true);
            Set(ref field, value);
        }
    } = TimeSpan.FromSeconds(1);

    /// <summary>For how long a connection gets new requests. Default: no limit.</summary>
    public TimeSpan PooledConnectionLifetime
    {
        get;
        set
        {
            CheckTime(value, isZeroAllowed: true);
            Set(ref field, value);
        }
    } = Timeout.InfiniteTimeSpan;

    /// <summary>A connection ends after so long without packets. Default: 1 minute.</summary>
    public TimeSpan PooledConnectionIdleTimeout
    {
        get;
        set
        {
            CheckTime(value, isZeroAllowed: false);
            Set(ref field, value);
        }
    } = TimeSpan.FromMinutes(1);

    /// <summary>After so long a silence on a connection with requests under way a PING goes out. Default: never.</summary>
    public TimeSpan KeepAlivePingDelay
    {
        get;
        set
        {
            CheckTime(value, isZeroAllowed: false);
            Set(ref field, value);
        }
    } = Timeout.InfiniteTimeSpan;

    /// <summary>The largest header section of a response, in KiB. Default: 64.</summary>
    public int MaxResponseHeadersLength
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, int.MaxValue / 1024);
            Set(ref field, value);
        }
    } = 64;

    /// <summary>
    /// Whether another connection to the same server is opened when all streams that it allows are in use. Default: false: requests wait.
    /// </summary>
    public bool EnableMultipleHttp3Connections { get; set => Set(ref field, value); }

    /// <summary>
    /// Whether GET, HEAD and OPTIONS requests without content go out in the first flight to a server that was connected to before (0-RTT).
    /// An attacker can send them again, and the server may process them twice. Other requests wait for the handshake. Default: false. RFC 8470.
    /// </summary>
    public bool EnableEarlyData { get; set => Set(ref field, value); }

    /// <summary>
    /// Makes the QUIC connections, for those who want to choose endpoint, socket or address; gets the complete options.
    /// Null, the default, means <see cref="QuicConnection.ConnectAsync"/>.
    /// </summary>
    public Func<QuicClientConnectionOptions, CancellationToken, ValueTask<QuicConnection>>? ConnectCallback { get; set => Set(ref field, value); }

    /// <summary>Adds the trace's headers to requests. Default: <see cref="DistributedContextPropagator.Current"/>; null adds none.</summary>
    public DistributedContextPropagator? ActivityHeadersPropagator { get; set => Set(ref field, value); } = DistributedContextPropagator.Current;

    /// <summary>Makes the meter <c>System.Net.Http</c>. Null, the default, means one of the process.</summary>
    public IMeterFactory? MeterFactory { get; set => Set(ref field, value); }

    /// <summary>Not supported over HTTP/2 and 3; requests of HTTP/1.1 go to the inner handler.</summary>
    /// <exception cref="NotSupportedException">The request's version is 2 or more.</exception>
    [UnsupportedOSPlatform("browser")]
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Version.Major >= 2)
        {
            throw new NotSupportedException(
                $"HTTP/{request.Version} requests cannot be sent synchronously; use SendAsync, or HTTP/1.1.");
        }

        return Start().SendSynchronously(request, cancellationToken);
    }

    /// <summary>Sends a request.</summary>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<HttpResponseMessage>(cancellationToken);
        }

        if (request.RequestUri is not { IsAbsoluteUri: true })
        {
            return Task.FromException<HttpResponseMessage>(new InvalidOperationException("The request has no absolute URI."));
        }

        return Start().SendAsync(request, cancellationToken);
    }

    /// <summary>Closes the connections; requests under way fail.</summary>
    protected override void Dispose(bool disposing)
    {
        HandlerChain? chain = null;
        if (disposing)
        {
            lock (_lock)
            {
                (chain, _isDisposed) = (_isDisposed ? null : _chain, true);
            }
        }

        chain?.Dispose();
        base.Dispose(disposing);
    }

    private HandlerChain Start()
    {
        if (Volatile.Read(ref _chain) is { } started && !Volatile.Read(ref _isDisposed))
        {
            return started;
        }

        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _chain ??= HandlerChain.Create(this);
        }
    }

    private void Set<T>(ref T field, T value)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_chain is not null)
            {
                throw new InvalidOperationException("The handler has sent a request already; its options cannot be changed.");
            }

            field = value;
        }
    }

    private static void CheckTime(TimeSpan value, bool isZeroAllowed)
    {
        if (value != Timeout.InfiniteTimeSpan && (value < TimeSpan.Zero || (value == TimeSpan.Zero && !isZeroAllowed)))
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, "A time must be positive, or Timeout.InfiniteTimeSpan.");
        }
    }
}
