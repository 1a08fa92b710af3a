using System.Diagnostics.CodeAnalysis;

namespace Quiver.Http3;

/// <summary>What came on one request stream cannot be used: the stream ends with the code, the connection goes on. RFC 9114 §8.</summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "Without a code it would be of no use.")]
internal sealed class Http3StreamException(Http3ErrorCode code, string reason) : Exception(reason)
{
    public Http3ErrorCode Code { get; } = code;

    /// <summary>The message is malformed. RFC 9114 §4.1.2.</summary>
    [DoesNotReturn]
    public static void Malformed(string reason) => throw new Http3StreamException(Http3ErrorCode.MessageError, reason);
}
