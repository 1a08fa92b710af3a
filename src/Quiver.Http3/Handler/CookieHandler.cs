using System.Net;
using System.Net.Http.Headers;

namespace Quiver.Http3.Handler;

/// <summary>Sends the cookies of a container beside those of the request, and keeps those of the response. RFC 6265.</summary>
internal sealed class CookieHandler(CookieContainer container, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const string CookieField = "Cookie";
    private const string SetCookieField = "Set-Cookie";

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Uri uri = request.RequestUri!; // Checked by Http3Handler.
        string kept = container.GetCookieHeader(uri);
        if (kept.Length == 0)
        {
            return Keep(uri, await base.SendAsync(request, cancellationToken).ConfigureAwait(false));
        }

        HttpRequestHeaders headers = request.Headers;
        string[]? own = headers.NonValidated.TryGetValues(CookieField, out HeaderStringValues values) ? [.. values] : null;
        headers.Remove(CookieField);
        headers.TryAddWithoutValidation(CookieField, own is null ? kept : $"{string.Join("; ", own)}; {kept}");
        try
        {
            return Keep(uri, await base.SendAsync(request, cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            // A redirect sends the same request elsewhere, with other cookies.
            headers.Remove(CookieField);
            if (own is not null)
            {
                headers.TryAddWithoutValidation(CookieField, own);
            }
        }
    }

    private HttpResponseMessage Keep(Uri uri, HttpResponseMessage response)
    {
        if (response.Headers.NonValidated.TryGetValues(SetCookieField, out HeaderStringValues values))
        {
            foreach (string cookie in values)
            {
                try
                {
                    container.SetCookies(uri, cookie);
                }
                catch (CookieException)
                {
                    // RFC 6265 §5.2: a cookie that is malformed, or not the server's to set, is ignored.
                }
            }
        }

        return response;
    }
}
