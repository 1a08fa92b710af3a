using Microsoft.Extensions.Logging;

namespace Quiver.Http3.Diagnostics;

/// <summary>Every message that this assembly logs. Event ids are never used again for something else.</summary>
internal static partial class Http3Log
{
    [LoggerMessage(200, LogLevel.Error, "The handler of a {Method} request on stream {StreamId} threw.")]
    public static partial void HandlerFailed(ILogger logger, Exception error, string method, long streamId);

    [LoggerMessage(201, LogLevel.Debug, "The handshake of an incoming connection failed.")]
    public static partial void HandshakeFailed(ILogger logger, Exception error);

    [LoggerMessage(202, LogLevel.Error, "A handler wrote {Written} bytes of a response with a Content-Length of {Declared}; stream {StreamId} was reset.")]
    public static partial void ContentLengthMissed(ILogger logger, long written, long declared, long streamId);
}
