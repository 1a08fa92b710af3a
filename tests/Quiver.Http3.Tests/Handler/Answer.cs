namespace Quiver.Http3.Tests.Handler;

/// <summary>What a server answers with; with an <paramref name="AbortCode"/>, HTTP/3 aborts the stream by it.</summary>
internal sealed record Answer(int Status = 200, Http3ErrorCode? AbortCode = null)
{
    public (string Name, string Value)[] Headers { get; init; } = [];

    public byte[] Content { get; init; } = "ok"u8.ToArray();
}
