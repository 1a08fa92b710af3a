using System.Net;
using System.Net.Http.Headers;

namespace Quiver.Http3.Handler;

/// <summary>Asks for the codings that are on, and undoes the one that the server chose. RFC 9110 §8.4, §12.5.3.</summary>
internal sealed class DecompressionHandler(DecompressionMethods methods, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private static readonly (DecompressionMethods Method, StringWithQualityHeaderValue Name)[] s_codings =
    [
        (DecompressionMethods.GZip, new StringWithQualityHeaderValue("gzip")),
        (DecompressionMethods.Deflate, new StringWithQualityHeaderValue("deflate")),
        (DecompressionMethods.Brotli, new StringWithQualityHeaderValue("br")),
    ];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpHeaderValueCollection<StringWithQualityHeaderValue> accepted = request.Headers.AcceptEncoding;
        foreach ((DecompressionMethods method, StringWithQualityHeaderValue name) in s_codings)
        {
            if (methods.HasFlag(method) && !accepted.Any(a => string.Equals(a.Value, name.Value, StringComparison.OrdinalIgnoreCase)))
            {
                accepted.Add(name);
            }
        }

        HttpResponseMessage response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        string? coding = response.Content.Headers.ContentEncoding.LastOrDefault();
        foreach ((DecompressionMethods method, StringWithQualityHeaderValue name) in s_codings)
        {
            if (methods.HasFlag(method) && string.Equals(coding, name.Value, StringComparison.OrdinalIgnoreCase))
            {
                response.Content = new DecompressedContent(response.Content, method);
                break;
            }
        }

        return response;
    }
}
