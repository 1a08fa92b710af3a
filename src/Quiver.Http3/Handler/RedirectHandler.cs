using System.Net;

namespace Quiver.Http3.Handler;

/// <summary>Follows redirects by the rules of <see cref="SocketsHttpHandler"/>. RFC 9110 §15.4.</summary>
internal sealed class RedirectHandler(int maxRedirections, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        for (int count = 0; count < maxRedirections && FindTarget(request.RequestUri!, response) is { } target; count++)
        {
            response.Dispose();
            if (!string.Equals(target.IdnHost, request.RequestUri!.IdnHost, StringComparison.OrdinalIgnoreCase))
            {
                request.Headers.Host = null;
            }

            // RFC 9110 §15.4: credentials were meant for the first target.
            request.Headers.Authorization = null;
            request.RequestUri = target;
            if (IsGetNow(response.StatusCode, request.Method))
            {
                request.Method = HttpMethod.Get;
                request.Content = null;
                request.Headers.TransferEncodingChunked = false;
            }

            response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }

        return response;
    }

    private static Uri? FindTarget(Uri from, HttpResponseMessage response)
    {
        if (response.StatusCode is not (HttpStatusCode.MultipleChoices or HttpStatusCode.Moved or HttpStatusCode.Found
            or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect)
            || response.Headers.Location is not { } location)
        {
            return null;
        }

        Uri target = location.IsAbsoluteUri ? location : new Uri(from, location);
        if (target.Scheme != Uri.UriSchemeHttps && (target.Scheme != Uri.UriSchemeHttp || from.Scheme == Uri.UriSchemeHttps))
        {
            return null; // Never from https to http, nor to anything else.
        }

        // RFC 9110 §10.2.2: without a fragment of its own the target inherits that of the request.
        return target.Fragment.Length == 0 && from.Fragment.Length > 0
            ? new UriBuilder(target) { Fragment = from.Fragment }.Uri
            : target;
    }

    private static bool IsGetNow(HttpStatusCode status, HttpMethod method) => status switch
    {
        HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.MultipleChoices => method == HttpMethod.Post,
        HttpStatusCode.SeeOther => method != HttpMethod.Get && method != HttpMethod.Head,
        _ => false,
    };
}
