namespace Quiver.Http3.Tests.Handler;

/// <summary>What a server was asked; <paramref name="Http3"/> is there when it was over HTTP/3.</summary>
internal sealed record SeenRequest(
    string Protocol, string Method, string Path, Dictionary<string, string> Headers, string Content, Http3Context? Http3)
{
    /// <summary>Null when there is no such header.</summary>
    public string? this[string header] => Headers.GetValueOrDefault(header);
}
