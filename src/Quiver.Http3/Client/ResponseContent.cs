using System.Net;
using Quiver.Http3.Sessions;

namespace Quiver.Http3.Client;

/// <summary>The content of a response: read as it comes, once.</summary>
internal sealed class ResponseContent(ClientExchange exchange, Stream body, long contentLength) : HttpContent
{
    private const int MaxCopyBuffer = 64 * 1024;

    /// <summary>When the length is not known.</summary>
    private const int CopyBuffer = 16 * 1024;

    public Http3Session Session => exchange.Session;

    public long StreamId => exchange.Stream.Id;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        body.CopyToAsync(stream, contentLength < 0 ? CopyBuffer : (int)Math.Clamp(contentLength, 1, MaxCopyBuffer), cancellationToken);

    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult(body);

    protected override Stream CreateContentReadStream(CancellationToken cancellationToken) => body;

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            body.Dispose();
        }

        base.Dispose(disposing);
    }
}
