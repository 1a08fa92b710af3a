namespace Quiver.AspNetCore.Tests.Infrastructure;

/// <summary>One request stream, step by step.</summary>
internal sealed class WebRequest(QuicStream stream) : IAsyncDisposable
{
    public QuicStream Stream => stream;

    public Task SendDataAsync(byte[] data, bool isLast = false) => stream.WriteAsync(Frames.Of(0, data), completeWrites: isLast).Soon();

    public async Task<WebResponse> ReadHeadAsync()
    {
        (long type, byte[] section) = (await Frames.ReadAsync(stream).Soon())!.Value;
        Assert.Equal(1, type);
        (string Name, string Value)[] fields = Frames.Decode(section);
        Assert.Equal(":status", fields[0].Name);
        return new WebResponse(int.Parse(fields[0].Value), fields[1..], []);
    }

    /// <summary>The content of the next DATA frame; null: the end.</summary>
    public async Task<byte[]?> ReadDataAsync()
    {
        if (await Frames.ReadAsync(stream).Soon() is not { } frame)
        {
            return null;
        }

        Assert.Equal(0, frame.Type);
        return frame.Content;
    }

    public async Task<WebResponse> ReadResponseAsync()
    {
        WebResponse head = await ReadHeadAsync();
        var body = new MemoryStream();
        while (await ReadDataAsync() is { } data)
        {
            body.Write(data);
        }

        return head with { Body = body.ToArray() };
    }

    /// <summary>The code with which the server ends the answer.</summary>
    public async Task<long?> ReadAbortAsync()
    {
        byte[] buffer = new byte[4096];
        QuicException error = await Assert.ThrowsAsync<QuicException>(async () =>
        {
            while (await stream.ReadAsync(buffer).Soon() > 0)
            {
            }
        });
        Assert.Equal(QuicError.StreamAborted, error.QuicError);
        return error.ApplicationErrorCode;
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();
}
