namespace Quiver.Soak;

/// <summary>Takes the server's streams and treats them in all ways in turn: most are half closed or disposed, some are forgotten.</summary>
internal static class SoakClient
{
    /// <summary>One stream in so many is accepted and forgotten, and one is read once and forgotten.</summary>
    private const int ForgottenOneIn = 100;

    public static async Task RunAsync(QuicConnection connection)
    {
        try
        {
            for (long i = 0; ; i++)
            {
                QuicStream stream = await connection.AcceptInboundStreamAsync();
                switch (i % ForgottenOneIn)
                {
                    case 0:
                        break;
                    case 1:
                        _ = ReadAsync(stream, static _ => ValueTask.CompletedTask);
                        break;
                    case 2:
                        stream.Abort(QuicAbortDirection.Both, 1);
                        break;
                    case < ForgottenOneIn / 2:
                        _ = ReadAsync(stream, static half => { half.CloseWrite(); return ValueTask.CompletedTask; });
                        break;
                    default:
                        _ = ReadAsync(stream, static both => both.DisposeAsync());
                        break;
                }
            }
        }
        catch (Exception e) when (e is QuicException or ObjectDisposedException)
        {
            // The soak is over.
        }
    }

    private static async Task ReadAsync(QuicStream stream, Func<QuicStream, ValueTask> then)
    {
        try
        {
            await stream.ReadAsync(new byte[32]);
            await then(stream);
        }
        catch (Exception e) when (e is QuicException or ObjectDisposedException)
        {
            // The connection ended with the soak.
        }
    }
}
