using Quiver.Tool.Get;

namespace Quiver.Tool.Hq;

/// <summary>A stream for each file.</summary>
internal sealed class HqClient(QuicConnection connection) : IFileClient
{
    public async Task<Stream> OpenAsync(Uri url, CancellationToken cancellationToken)
    {
        try
        {
            return await RequestAsync(url, cancellationToken);
        }
        catch (QuicException e) when (e.QuicError == QuicError.EarlyDataRejected)
        {
            // Nothing of it was processed: once more, after the handshake.
            await connection.HandshakeCompleted.WaitAsync(cancellationToken);
            return await RequestAsync(url, cancellationToken);
        }
    }

    private async Task<Stream> RequestAsync(Uri url, CancellationToken cancellationToken)
    {
        QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellationToken);
        try
        {
            await stream.WriteAsync(HqProtocol.FormatRequest(url.PathAndQuery), completeWrites: true, cancellationToken);

            // An empty read waits for data or the end: nothing is created for a file that is not there.
            _ = await stream.ReadAsync(Memory<byte>.Empty, cancellationToken);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }
}
