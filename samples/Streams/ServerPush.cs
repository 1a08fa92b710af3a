namespace Streams;

/// <summary>
/// The program of the report that Quiver began with, right: the server opens a stream for each message. Both ends say what they do not
/// want (a stream that only one side writes is better one-way; here it is as in the report), and both dispose.
/// </summary>
internal static class ServerPush
{
    public static async Task PushAsync(QuicConnection connection, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
            await stream.WriteAsync("hello from server"u8.ToArray(), completeWrites: true);

            // The client writes nothing: reading to the end sees its FIN, and that both halves are over.
            await stream.CopyToAsync(Stream.Null);
        }
    }

    public static async Task<int> ReceiveAsync(QuicConnection connection, int count)
    {
        int bytes = 0;
        byte[] buffer = new byte[64];
        for (int i = 0; i < count; i++)
        {
            await using QuicStream stream = await connection.AcceptInboundStreamAsync();
            stream.CloseWrite();
            bytes += await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false);
        }

        return bytes;
    }
}
