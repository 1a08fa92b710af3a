namespace Quiver.Tool.Demo.Leak;

/// <summary>Takes the server's streams and treats them in one of the ways that applications do.</summary>
internal sealed class LeakClient(QuicConnection connection, LeakClientWay way)
{
    private long _received;

    /// <summary>Bytes read so far.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>Until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (way != LeakClientWay.NeverAccept)
            {
                Handle(await connection.AcceptInboundStreamAsync(cancellationToken));
            }

            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The demo is over.
        }
    }

    // The next stream does not wait for this one. As many as may be open at once are under way at most.
    private void Handle(QuicStream stream) => _ = way == LeakClientWay.Drop ? Task.CompletedTask : ReadAsync(stream);

    private async Task ReadAsync(QuicStream stream)
    {
        byte[] buffer = new byte[64];
        try
        {
            int count = await stream.ReadAsync(buffer, CancellationToken.None);
            Interlocked.Add(ref _received, count);
            if (way == LeakClientWay.Close)
            {
                stream.CloseWrite();
            }
            else if (way == LeakClientWay.Dispose)
            {
                await stream.DisposeAsync();
            }
        }
        catch (QuicException)
        {
            // The connection ended with the demo.
        }
    }
}
