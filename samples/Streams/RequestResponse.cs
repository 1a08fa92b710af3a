using System.Text;

namespace Streams;

/// <summary>One stream a request: the client finishes its half after the request, the server after the answer.</summary>
internal static class RequestResponse
{
    public static async Task<string> AskAsync(QuicConnection connection, string question)
    {
        // Dispose ends both halves, whatever happens in between.
        await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(question), completeWrites: true);
        using StreamReader reader = new(stream, Encoding.UTF8, leaveOpen: true);
        return await reader.ReadToEndAsync();
    }

    public static async Task AnswerAsync(QuicConnection connection)
    {
        await using QuicStream stream = await connection.AcceptInboundStreamAsync();
        using StreamReader reader = new(stream, Encoding.UTF8, leaveOpen: true);
        string question = await reader.ReadToEndAsync();
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"You asked: {question}"), completeWrites: true);
    }
}
