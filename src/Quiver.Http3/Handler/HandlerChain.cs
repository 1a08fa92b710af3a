using System.Net;
using System.Runtime.Versioning;

namespace Quiver.Http3.Handler;

/// <summary>
/// What a request passes, outermost first, in the order of <see cref="SocketsHttpHandler"/>: decompression, redirects, cookies, then the
/// choice between HTTP/3 and the inner handler. Each redirect chooses anew.
/// </summary>
internal sealed class HandlerChain : IDisposable
{
    private readonly HttpMessageInvoker _chain;
    private readonly Http3Sender _http3;
    private readonly AlternativeServices _alternatives;
    private readonly HttpMessageInvoker _synchronous;

    private HandlerChain(HttpMessageHandler chain, HttpMessageHandler synchronous, Http3Sender http3, AlternativeServices alternatives)
    {
        _chain = new HttpMessageInvoker(chain);
        _synchronous = new HttpMessageInvoker(synchronous);
        _http3 = http3;
        _alternatives = alternatives;
    }

    public static HandlerChain Create(Http3Handler options)
    {
        AlternativeServices alternatives = new(TimeProvider.System);
        Http3Sender http3 = new(options, TimeProvider.System);
        HttpMessageHandler inner = options.InnerHandler ?? CreateInner(options, isWhole: false);

        // Synchronous requests are HTTP/1.1 always: one handler that does everything is all they need.
        HttpMessageHandler synchronous = options.InnerHandler ?? CreateInner(options, isWhole: true);
        HttpMessageHandler chain = new VersionChooser(options, http3, alternatives, inner);
        if (options.UseCookies)
        {
            chain = new CookieHandler(options.CookieContainer, chain);
        }

        if (options.AllowAutoRedirect)
        {
            chain = new RedirectHandler(options.MaxAutomaticRedirections, chain);
        }

        if (options.AutomaticDecompression != DecompressionMethods.None)
        {
            chain = new DecompressionHandler(options.AutomaticDecompression, chain);
        }

        return new HandlerChain(chain, synchronous, http3, alternatives);
    }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _chain.SendAsync(request, cancellationToken);

    [UnsupportedOSPlatform("browser")]
    public HttpResponseMessage SendSynchronously(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _synchronous.Send(request, cancellationToken);

    public void Dispose()
    {
        _http3.Dispose();
        _alternatives.Dispose();
        _chain.Dispose();
        _synchronous.Dispose();
    }

    /// <summary>A handler for HTTP/1.1 and 2; <paramref name="isWhole"/>: with what the chain does for the others.</summary>
    private static SocketsHttpHandler CreateInner(Http3Handler options, bool isWhole)
    {
        SocketsHttpHandler inner = new()
        {
            SslOptions = options.SslOptions,
            UseProxy = options.UseProxy,
            Proxy = options.Proxy,
            DefaultProxyCredentials = options.DefaultProxyCredentials,
            Credentials = options.Credentials,
            UseCookies = isWhole && options.UseCookies,
            AllowAutoRedirect = isWhole && options.AllowAutoRedirect,
            MaxAutomaticRedirections = options.MaxAutomaticRedirections,
            AutomaticDecompression = isWhole ? options.AutomaticDecompression : DecompressionMethods.None,
            ConnectTimeout = options.ConnectTimeout,
            Expect100ContinueTimeout = options.Expect100ContinueTimeout,
            PooledConnectionLifetime = options.PooledConnectionLifetime,
            PooledConnectionIdleTimeout = options.PooledConnectionIdleTimeout,
            KeepAlivePingDelay = options.KeepAlivePingDelay,
            MaxResponseHeadersLength = options.MaxResponseHeadersLength,
            ActivityHeadersPropagator = options.ActivityHeadersPropagator,
            MeterFactory = options.MeterFactory,
        };
        if (inner.UseCookies)
        {
            inner.CookieContainer = options.CookieContainer;
        }

        return inner;
    }
}
