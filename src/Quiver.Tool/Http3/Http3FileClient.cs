using System.Net;
using Quiver.Http3;
using Quiver.Tool.Commands;
using Quiver.Tool.Get;

namespace Quiver.Tool.Http3;

/// <summary>A GET for each file.</summary>
internal sealed class Http3FileClient(Http3ClientConnection connection) : IFileClient
{
    public async Task<Stream> OpenAsync(Uri url, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, url) { Headers = { { "user-agent", "quiver" }, { "accept", "*/*" } } };
        HttpResponseMessage response = await connection.SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            using (response)
            {
                throw new ToolException($"{url}: the server answered {(int)response.StatusCode} ({response.ReasonPhrase}).");
            }
        }

        // Disposing the stream ends the request; the response has nothing else.
        return await response.Content.ReadAsStreamAsync(cancellationToken);
    }
}
