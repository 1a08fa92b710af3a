using System.Security.Cryptography;

namespace Quiver.Interop.Tests.Infrastructure;

/// <summary>Both ends of an echo: sends random bytes and compares what comes back, or sends back what comes.</summary>
internal static class Echo
{
    /// <summary>Sends so many random bytes on a new stream and expects the same back, by hash.</summary>
    public static async Task SendAsync(QuicConnection connection, int bytes)
    {
        await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await SendAsync(stream, bytes);
    }

    public static async Task SendAsync(QuicStream stream, int bytes)
    {
        byte[] payload = RandomNumberGenerator.GetBytes(bytes);
        Task writing = stream.WriteAsync(payload, completeWrites: true).Soon();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 16];
        long received = 0;
        int count;
        while ((count = await stream.ReadAsync(buffer).Soon()) > 0)
        {
            hash.AppendData(buffer, 0, count);
            received += count;
        }

        await writing;
        Assert.Equal(bytes, received);
        Assert.Equal(SHA256.HashData(payload), hash.GetHashAndReset());
    }

    /// <summary>
    /// Sends back what comes on every stream that the other side opens, until the connection ends; what comes on a unidirectional one
    /// goes back on a new one.
    /// </summary>
    public static async Task ServeAsync(QuicConnection connection)
    {
        List<Task> streams = [];
        try
        {
            while (true)
            {
                streams.Add(ReturnAsync(connection, await connection.AcceptInboundStreamAsync()));
            }
        }
        catch (QuicException e) when (e.QuicError is QuicError.ConnectionAborted or QuicError.OperationAborted)
        {
            // The other side, or the test, has closed: an end as it should be, if the streams have ended before.
        }

        await Task.WhenAll(streams).Soon();
    }

    private static async Task ReturnAsync(QuicConnection connection, QuicStream stream)
    {
        await using (stream)
        {
            try
            {
                if (stream.Type == QuicStreamType.Bidirectional)
                {
                    await CopyAsync(stream, stream);
                }
                else
                {
                    await using QuicStream back = await connection.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
                    await CopyAsync(stream, back);
                }
            }
            catch (QuicException e) when (e.QuicError == QuicError.StreamAborted)
            {
                // The other side did not want the rest.
            }
        }
    }

    private static async Task CopyAsync(QuicStream from, QuicStream to)
    {
        byte[] buffer = new byte[1 << 16];
        int count;
        while ((count = await from.ReadAsync(buffer)) > 0)
        {
            await to.WriteAsync(buffer.AsMemory(0, count));
        }

        to.CompleteWrites();
        try
        {
            await to.WritesClosed;
        }
        catch (QuicException e) when (e.QuicError is QuicError.ConnectionAborted or QuicError.OperationAborted)
        {
            // A side that has all may close before its last ACK has come; it is that side which judges.
        }
    }
}
