using System.Diagnostics.CodeAnalysis;

namespace Quiver.Http3;

/// <summary>The peer broke HTTP/3 or QPACK: the connection is closed with the code. Caught in one place.</summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "Without a code it would be of no use.")]
internal sealed class Http3ProtocolException(Http3ErrorCode code, string reason) : Exception(reason)
{
    public Http3ErrorCode Code { get; } = code;

    [DoesNotReturn]
    public static void Throw(Http3ErrorCode code, string reason) => throw new Http3ProtocolException(code, reason);
}
