using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Quiver.AspNetCore.Diagnostics;

/// <summary>
/// What the transport logs: category and event ids are those of Kestrel's own QUIC transport, so that filters go on working; ids from 100 on
/// are ours.
/// </summary>
internal static partial class TransportLog
{
    public const string Category = "Microsoft.AspNetCore.Server.Kestrel.Transport.Quic";

    [LoggerMessage(1, LogLevel.Debug, "Connection id \"{ConnectionId}\" accepted.", EventName = "AcceptedConnection", SkipEnabledCheck = true)]
    private static partial void AcceptedConnection(ILogger logger, string connectionId);

    public static void AcceptedConnection(ILogger logger, BaseConnectionContext connection)
    {
        if (logger.IsEnabled(LogLevel.Debug))
        {
            AcceptedConnection(logger, connection.ConnectionId);
        }
    }

    [LoggerMessage(2, LogLevel.Debug, "Stream id \"{ConnectionId}\" accepted.", EventName = "AcceptedStream", SkipEnabledCheck = true)]
    private static partial void AcceptedStream(ILogger logger, string connectionId);

    public static void AcceptedStream(ILogger logger, BaseConnectionContext stream)
    {
        if (logger.IsEnabled(LogLevel.Debug))
        {
            AcceptedStream(logger, stream.ConnectionId);
        }
    }

    [LoggerMessage(3, LogLevel.Debug, "Stream id \"{ConnectionId}\" connected.", EventName = "ConnectedStream", SkipEnabledCheck = true)]
    private static partial void ConnectedStream(ILogger logger, string connectionId);

    public static void ConnectedStream(ILogger logger, BaseConnectionContext stream)
    {
        if (logger.IsEnabled(LogLevel.Debug))
        {
            ConnectedStream(logger, stream.ConnectionId);
        }
    }

    [LoggerMessage(4, LogLevel.Debug, "Connection id \"{ConnectionId}\" unexpected error.", EventName = "ConnectionError")]
    public static partial void ConnectionError(ILogger logger, Exception error, string connectionId);

    [LoggerMessage(5, LogLevel.Debug, "Connection id \"{ConnectionId}\" aborted by peer with error code {ErrorCode}.", EventName = "ConnectionAborted")]
    public static partial void ConnectionAborted(ILogger logger, string connectionId, long errorCode, Exception error);

    [LoggerMessage(6, LogLevel.Debug, "Connection id \"{ConnectionId}\" aborted by application with error code {ErrorCode} because: \"{Reason}\".", EventName = "ConnectionAbort")]
    public static partial void ConnectionAbort(ILogger logger, string connectionId, long errorCode, string reason);

    [LoggerMessage(7, LogLevel.Debug, "Stream id \"{ConnectionId}\" unexpected error.", EventName = "StreamError")]
    public static partial void StreamError(ILogger logger, Exception error, string connectionId);

    [LoggerMessage(10, LogLevel.Debug, "Stream id \"{ConnectionId}\" read aborted by peer with error code {ErrorCode}.", EventName = "StreamAbortedRead")]
    public static partial void StreamAbortedRead(ILogger logger, string connectionId, long errorCode);

    [LoggerMessage(11, LogLevel.Debug, "Stream id \"{ConnectionId}\" write aborted by peer with error code {ErrorCode}.", EventName = "StreamAbortedWrite")]
    public static partial void StreamAbortedWrite(ILogger logger, string connectionId, long errorCode);

    [LoggerMessage(12, LogLevel.Debug, "Stream id \"{ConnectionId}\" aborted by application with error code {ErrorCode} because: \"{Reason}\".", EventName = "StreamAbort")]
    public static partial void StreamAbort(ILogger logger, string connectionId, long errorCode, string reason);

    [LoggerMessage(13, LogLevel.Debug, "Stream id \"{ConnectionId}\" read side aborted by application with error code {ErrorCode} because: \"{Reason}\".", EventName = "StreamAbortRead")]
    public static partial void StreamAbortRead(ILogger logger, string connectionId, long errorCode, string reason);

    [LoggerMessage(14, LogLevel.Debug, "Stream id \"{ConnectionId}\" write side aborted by application with error code {ErrorCode} because: \"{Reason}\".", EventName = "StreamAbortWrite")]
    public static partial void StreamAbortWrite(ILogger logger, string connectionId, long errorCode, string reason);

    [LoggerMessage(15, LogLevel.Trace, "Stream id \"{ConnectionId}\" pooled for reuse.", EventName = "StreamPooled", SkipEnabledCheck = true)]
    private static partial void StreamPooled(ILogger logger, string connectionId);

    public static void StreamPooled(ILogger logger, BaseConnectionContext stream)
    {
        if (logger.IsEnabled(LogLevel.Trace))
        {
            StreamPooled(logger, stream.ConnectionId);
        }
    }

    [LoggerMessage(16, LogLevel.Trace, "Stream id \"{ConnectionId}\" reused from pool.", EventName = "StreamReused", SkipEnabledCheck = true)]
    private static partial void StreamReused(ILogger logger, string connectionId);

    public static void StreamReused(ILogger logger, BaseConnectionContext stream)
    {
        if (logger.IsEnabled(LogLevel.Trace))
        {
            StreamReused(logger, stream.ConnectionId);
        }
    }

    [LoggerMessage(20, LogLevel.Debug, "Connection listener failed to accept a connection.", EventName = "ConnectionListenerAcceptConnectionFailed")]
    public static partial void AcceptFailed(ILogger logger, Exception error);

    [LoggerMessage(100, LogLevel.Error, "A callback that waits for the end of stream \"{ConnectionId}\" threw.", EventName = "StreamClosedCallbackFailed")]
    public static partial void ClosedCallbackFailed(ILogger logger, Exception error, string connectionId);
}
