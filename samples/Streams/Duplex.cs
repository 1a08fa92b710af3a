namespace Streams;

/// <summary>A stream that stays open both ways, until one side has had enough.</summary>
internal static class Duplex
{
    public static async Task<int> TalkAsync(QuicConnection connection, int rounds)
    {
        await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        byte[] answer = new byte[4];
        int done = 0;
        for (; done < rounds; done++)
        {
            await stream.WriteAsync("ping"u8.ToArray());
            await stream.ReadExactlyAsync(answer);
        }

        // We write no more. The peer sees the end, finishes too, and dispose returns when it has.
        stream.CloseWrite();
        return done;
    }

    public static async Task EchoAsync(QuicConnection connection)
    {
        await using QuicStream stream = await connection.AcceptInboundStreamAsync();
        byte[] buffer = new byte[1024];
        int count;
        while ((count = await stream.ReadAsync(buffer)) > 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, count));
        }
    }
}
