using System.Globalization;
using System.Net;

namespace Quiver.Http3.Handler;

/// <summary>
/// Sends each request over HTTP/3 where its version policy, its server and the proxy allow it, else through the inner handler. What an
/// alternative of the server's fails at goes through the inner handler too.
/// </summary>
internal sealed class VersionChooser : DelegatingHandler
{
    private const string AltUsedField = "Alt-Used";

    private readonly Http3Sender _http3;
    private readonly AlternativeServices _alternatives;
    private readonly bool _usesProxy;
    private readonly IWebProxy? _proxy;

    public VersionChooser(Http3Handler options, Http3Sender http3, AlternativeServices alternatives, HttpMessageHandler inner)
        : base(inner)
    {
        _http3 = http3;
        _alternatives = alternatives;
        _usesProxy = options.UseProxy;
        _proxy = options.Proxy;
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Uri uri = request.RequestUri!; // Checked by Http3Handler.
        bool isDemanded = request.Version.Major >= 3 && request.VersionPolicy != HttpVersionPolicy.RequestVersionOrLower;
        if (uri.Scheme != Uri.UriSchemeHttps || IsProxied(uri))
        {
            return isDemanded
                ? Task.FromException<HttpResponseMessage>(
                    NotPossible(request, uri.Scheme == Uri.UriSchemeHttps ? "a proxy stands between" : $"the scheme is {uri.Scheme}"))
                : base.SendAsync(request, cancellationToken);
        }

        return isDemanded
            ? SendDirectlyAsync(request, Origin.Of(uri), cancellationToken)
            : SendWhereKnownAsync(request, Origin.Of(uri), cancellationToken);
    }

    private async Task<HttpResponseMessage> SendWhereKnownAsync(HttpRequestMessage request, Origin origin, CancellationToken cancellationToken)
    {
        bool isAllowed = request.Version.Major >= 3 || request.VersionPolicy == HttpVersionPolicy.RequestVersionOrHigher;
        HttpResponseMessage? answer = isAllowed && _alternatives.TryFind(origin, out Route route)
            ? await TryAlternativeAsync(request, route, cancellationToken).ConfigureAwait(false)
            : null;
        answer ??= await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        _alternatives.OnResponse(origin, answer);
        return answer;
    }

    private async Task<HttpResponseMessage> SendDirectlyAsync(HttpRequestMessage request, Origin origin, CancellationToken cancellationToken)
    {
        try
        {
            HttpResponseMessage response = await _http3.SendAsync(request, Route.Direct(origin), cancellationToken).ConfigureAwait(false);
            _alternatives.OnResponse(origin, response);
            return response;
        }
        catch (Http3ConnectException e) when (e.InnerException is TimeoutException timeout)
        {
            // As SocketsHttpHandler tells of its ConnectTimeout.
            throw new TaskCanceledException(timeout.Message, timeout);
        }
    }

    /// <summary>Null when the request is to go through the inner handler.</summary>
    private async Task<HttpResponseMessage?> TryAlternativeAsync(HttpRequestMessage request, Route route, CancellationToken cancellationToken)
    {
        // RFC 7838 §5.
        request.Headers.Remove(AltUsedField);
        request.Headers.TryAddWithoutValidation(
            AltUsedField, route.Port == 443 ? route.Host : string.Create(CultureInfo.InvariantCulture, $"{route.Host}:{route.Port}"));
        try
        {
            HttpResponseMessage response = await _http3.SendAsync(request, route, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.MisdirectedRequest)
            {
                return response;
            }

            // RFC 7838 §6: an alternative that does not know its origin.
            response.Dispose();
            _alternatives.Block(route);
            return null;
        }
        catch (Http3ConnectException)
        {
            _alternatives.Block(route);
            return null;
        }
        catch (Http3RequestNotProcessedException e) when (e.RetryMode == Http3RetryMode.OtherVersion)
        {
            return null;
        }
        finally
        {
            request.Headers.Remove(AltUsedField);
        }
    }

    private bool IsProxied(Uri uri)
    {
        if (!_usesProxy || (_proxy ?? HttpClient.DefaultProxy) is not { } proxy || proxy.IsBypassed(uri))
        {
            return false;
        }

        // A proxy that names the target itself means none.
        return proxy.GetProxy(uri) is { } address && address != uri;
    }

    private static HttpRequestException NotPossible(HttpRequestMessage request, string reason) => new(
        HttpRequestError.VersionNegotiationError,
        $"The request to {request.RequestUri!.Host} demands HTTP/{request.Version} by {request.VersionPolicy}, which is not possible: {reason}.");
}
