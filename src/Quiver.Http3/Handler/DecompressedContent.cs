using System.IO.Compression;
using System.Net;

namespace Quiver.Http3.Handler;

/// <summary>The content of a response with its last coding undone as it is read. It can be read once; the original goes with it.</summary>
internal sealed class DecompressedContent : HttpContent
{
    private readonly HttpContent _original;
    private readonly DecompressionMethods _method;
    private bool _isConsumed;

    public DecompressedContent(HttpContent original, DecompressionMethods method)
    {
        _original = original;
        _method = method;
        foreach ((string name, System.Net.Http.Headers.HeaderStringValues values) in original.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(name, values);
        }

        // Both are of the compressed content.
        Headers.ContentLength = null;
        Headers.ContentEncoding.Clear();
        string[] codings = [.. original.Headers.ContentEncoding];
        foreach (string coding in codings[..^1])
        {
            Headers.ContentEncoding.Add(coding);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        Stream decompressed = await CreateContentReadStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (decompressed.ConfigureAwait(false))
        {
            await decompressed.CopyToAsync(stream, cancellationToken).ConfigureAwait(false);
        }
    }

    protected override Task<Stream> CreateContentReadStreamAsync() => CreateContentReadStreamAsync(CancellationToken.None);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken)
    {
        if (_isConsumed)
        {
            throw new InvalidOperationException("The content of the response has been read already.");
        }

        _isConsumed = true;
        Stream original = await _original.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        return _method switch
        {
            DecompressionMethods.GZip => new GZipStream(original, CompressionMode.Decompress),

            // RFC 9110 §8.4.1.2: "deflate" is zlib's format.
            DecompressionMethods.Deflate => new ZLibStream(original, CompressionMode.Decompress),
            DecompressionMethods.Brotli => new BrotliStream(original, CompressionMode.Decompress),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _original.Dispose();
        }

        base.Dispose(disposing);
    }
}
