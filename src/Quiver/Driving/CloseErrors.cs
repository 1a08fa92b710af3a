using System.Net.Sockets;
using System.Security.Authentication;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Primitives;

namespace Quiver.Driving;

/// <summary>How the end of a connection looks to the application: one exception for each cause, made anew for each call.</summary>
internal static class CloseErrors
{
    public static Exception ToException(CloseReason reason, string connection)
    {
        switch (reason.Cause)
        {
            case QuicException quic:
                return new QuicException(
                    quic.QuicError, quic.ApplicationErrorCode, quic.TransportErrorCode, quic.Message, quic.InnerException);
            case AuthenticationException authentication:
                return new AuthenticationException(authentication.Message, authentication.InnerException);
            case ArgumentException or PlatformNotSupportedException or SocketException or OperationCanceledException:
                return reason.Cause;
        }

        return reason.Kind switch
        {
            CloseKind.LocalApplication => new QuicException(
                QuicError.OperationAborted, $"The {connection} was closed from this side."),
            CloseKind.PeerApplication => new QuicException(
                QuicError.ConnectionAborted,
                (long)reason.Code,
                transportErrorCode: null,
                $"The peer closed the {connection} with error code {reason.Code}{Words(reason)}.",
                innerException: null),
            CloseKind.LocalTransport or CloseKind.PeerTransport => FromTransport(reason, connection),
            CloseKind.IdleTimeout => new QuicException(
                QuicError.ConnectionIdle,
                $"The {connection} ended because nothing was heard from the peer for the idle time-out. Set KeepAliveInterval or a longer IdleTimeout to keep quiet connections."),
            CloseKind.HandshakeTimeout => new QuicException(
                QuicError.ConnectionTimeout, $"The handshake of the {connection} did not complete in time. Is there a QUIC server at that address?"),
            CloseKind.StatelessReset => new QuicException(
                QuicError.ConnectionAborted, $"The {connection} ended because the peer has forgotten it (stateless reset)."),
            CloseKind.VersionNegotiation => new QuicException(
                QuicError.VersionNegotiationError, $"The {connection} failed because the two sides have no version of QUIC in common{Words(reason)}."),
            _ => new QuicException(QuicError.InternalError, $"The {connection} ended for an unknown reason ({reason.Kind}).", reason.Cause),
        };
    }

    private static Exception FromTransport(CloseReason reason, string connection)
    {
        bool isLocal = reason.Kind == CloseKind.LocalTransport;
        if (reason.Alert is { } alert)
        {
            string who = isLocal ? "this side sent" : "the peer sent";
            string hint = alert == TlsAlert.NoApplicationProtocol ? " The two sides have no application protocol (ALPN) in common." : "";
            return new AuthenticationException(
                $"The handshake of the {connection} failed: {who} the TLS alert '{alert}' ({(byte)alert}){Words(reason)}.{hint}", reason.Cause);
        }

        var code = (TransportErrorCode)reason.Code;
        if (code == TransportErrorCode.ConnectionRefused && !isLocal)
        {
            return new QuicException(
                QuicError.ConnectionRefused,
                applicationErrorCode: null,
                (long)reason.Code,
                $"The server refused the {connection}{Words(reason)}. It may be at the limit of its backlog.",
                innerException: null);
        }

        if (code == TransportErrorCode.VersionNegotiationError)
        {
            return new QuicException(
                QuicError.VersionNegotiationError,
                applicationErrorCode: null,
                (long)reason.Code,
                $"The two sides of the {connection} did not agree on a version of QUIC; {(isLocal ? "this side" : "the peer")} says{Words(reason)}.",
                innerException: null);
        }

        string what = isLocal ? $"The {connection} was closed because the transport failed" : $"The peer closed the {connection} with a transport error";
        return new QuicException(
            QuicError.TransportError,
            applicationErrorCode: null,
            (long)reason.Code,
            $"{what}: {code} (0x{reason.Code:x}){Words(reason)}.",
            reason.Cause);
    }

    private static string Words(CloseReason reason) => reason.Reason.Length == 0 ? "" : $": {reason.Reason}";
}
