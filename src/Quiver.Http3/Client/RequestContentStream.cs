namespace Quiver.Http3.Client;

/// <summary>Where the content of a request is written to. Each write goes out at once; the last byte of a known length takes the FIN along.</summary>
internal sealed class RequestContentStream(ClientExchange exchange, long? length) : Http3ContentStream
{
    public override bool CanRead => false;

    public override bool CanWrite => true;

    /// <summary>Whether the transport or the server stopped it: what the content makes of that exception is no failure of its own.</summary>
    public bool HasFailed { get; private set; }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return;
        }

        if (length is not null && buffer.Length > exchange.Writer.Left)
        {
            throw new HttpRequestException($"The content of the request is longer than its Content-Length of {length}.");
        }

        try
        {
            await exchange.Writer.WriteContentAsync(buffer, isLast: buffer.Length == exchange.Writer.Left, cancellationToken).ConfigureAwait(false);
        }
        catch (QuicException)
        {
            HasFailed = true;
            throw;
        }
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        try
        {
            await exchange.Writer.FlushAsync(isLast: false, cancellationToken).ConfigureAwait(false);
        }
        catch (QuicException)
        {
            HasFailed = true;
            throw;
        }
    }

    /// <summary>All was written.</summary>
    public async ValueTask CompleteAsync()
    {
        if (exchange.Writer.IsComplete)
        {
            return;
        }

        if (length is not null)
        {
            throw new HttpRequestException(
                $"The content of the request is shorter than its Content-Length of {length}: {exchange.Writer.Left} bytes are missing.");
        }

        await exchange.Writer.FlushAsync(isLast: true, CancellationToken.None).ConfigureAwait(false);
    }
}
