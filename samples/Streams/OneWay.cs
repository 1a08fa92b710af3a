namespace Streams;

/// <summary>A stream with one half: nothing to forget on the other.</summary>
internal static class OneWay
{
    public static async Task SendAsync(QuicConnection connection, ReadOnlyMemory<byte> message)
    {
        await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
        await stream.WriteAsync(message, completeWrites: true);
    }

    public static async Task<byte[]> ReceiveAsync(QuicConnection connection)
    {
        await using QuicStream stream = await connection.AcceptInboundStreamAsync();
        using MemoryStream message = new();
        await stream.CopyToAsync(message);
        return message.ToArray();
    }
}
