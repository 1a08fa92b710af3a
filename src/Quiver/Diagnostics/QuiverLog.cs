using System.Net;
using Microsoft.Extensions.Logging;

namespace Quiver.Diagnostics;

/// <summary>Every message that this assembly logs. Event ids are never used again for something else.</summary>
internal static partial class QuiverLog
{
    [LoggerMessage(1, LogLevel.Information, "Listening on {EndPoint} for {Protocols}.")]
    public static partial void ListenerStarted(ILogger logger, IPEndPoint endPoint, Driving.ProtocolNames protocols);

    [LoggerMessage(2, LogLevel.Debug, "The handshake of an incoming connection from {EndPoint} failed.")]
    public static partial void IncomingHandshakeFailed(ILogger logger, Exception error, IPEndPoint endPoint);

    [LoggerMessage(3, LogLevel.Warning, "Refused a connection from {EndPoint}: the backlog of {Backlog} is full. Accept faster, or raise ListenBacklog.")]
    public static partial void BacklogFull(ILogger logger, IPEndPoint endPoint, int backlog);

    [LoggerMessage(4, LogLevel.Error, "The {Connection} was ended by a defect of the library.")]
    public static partial void ConnectionCollapsed(ILogger logger, Exception error, string connection);

    [LoggerMessage(5, LogLevel.Warning, "A stream capacity callback threw; the exception is ignored.")]
    public static partial void StreamCapacityCallbackFailed(ILogger logger, Exception error);

    [LoggerMessage(6, LogLevel.Error, "The receive loop of {EndPoint} failed and goes on.")]
    public static partial void LoopFailed(ILogger logger, Exception error, IPEndPoint endPoint);

    [LoggerMessage(7, LogLevel.Warning, "SSLKEYLOGFILE {Path} cannot be written; no keys are logged.")]
    public static partial void KeyLogFailed(ILogger logger, Exception error, string path);

    [LoggerMessage(40, LogLevel.Warning, "The application's store of session tickets threw; the ticket is lost.")]
    public static partial void TicketStoreFailed(ILogger logger, Exception error);

    [LoggerMessage(8, LogLevel.Warning, "SSLKEYLOGFILE is honoured: the keys of every connection are written to {Path}.")]
    public static partial void KeyLogStarted(ILogger logger, string path);

    [LoggerMessage(20, LogLevel.Warning, "{Count} streams of the {Connection} {Finding}: {Remedy}. Streams {Streams}.")]
    public static partial void StreamsPileUp(ILogger logger, int count, string connection, string finding, string remedy, string streams);

    [LoggerMessage(21, LogLevel.Warning, "{Count} streams of the {Connection} {Finding}, and were not touched for up to {Untouched}: {Remedy}. Streams {Streams}.")]
    public static partial void StreamsNeglected(
        ILogger logger, int count, string connection, string finding, TimeSpan untouched, string remedy, string streams);

    [LoggerMessage(
        22,
        LogLevel.Warning,
        "No stream can be opened on the {Connection}, and a garbage collection found none to free: the application holds {Count} that it has not disposed. Read them to the end and dispose them. Streams {Streams}.")]
    public static partial void StreamsHeld(ILogger logger, string connection, int count, string streams);

    [LoggerMessage(9, LogLevel.Warning, "{Count} times a {Kind} was dropped without being disposed; the garbage collector ended it. Opened or accepted at: {Place}")]
    public static partial void Leaked(ILogger logger, int count, LeakKind kind, string place);

    [LoggerMessage(60, LogLevel.Warning, "The retry callback of a listener threw; a Retry is sent.")]
    public static partial void RetryCallbackFailed(ILogger logger, Exception error);

    [LoggerMessage(61, LogLevel.Debug, "Refused a connection from {EndPoint}: the backlog is full, or {UnderWay} handshakes are under way.")]
    public static partial void ConnectionRefused(ILogger logger, IPEndPoint endPoint, int underWay);

    [LoggerMessage(62, LogLevel.Error, "The socket of {EndPoint} was closed by somebody else; its listeners and connections have ended.")]
    public static partial void SocketLost(ILogger logger, Exception error, IPEndPoint endPoint);

    [LoggerMessage(70, LogLevel.Debug, "The address {EndPoint} that the server prefers is not used.")]
    public static partial void PreferredAddressNotUsed(ILogger logger, Exception error, IPEndPoint endPoint);

    [LoggerMessage(71, LogLevel.Information, "The network has changed: the connection to {Remote} goes on from {Local}.")]
    public static partial void Migrated(ILogger logger, IPEndPoint local, IPEndPoint remote);

    [LoggerMessage(72, LogLevel.Warning, "The network has changed, and the connection to {Remote} could not follow.")]
    public static partial void NetworkNotFollowed(ILogger logger, Exception error, IPEndPoint remote);

    [LoggerMessage(50, LogLevel.Warning, "A datagram callback threw; the exception is ignored.")]
    public static partial void DatagramCallbackFailed(ILogger logger, Exception error);
}
