using Quiver.Http3.Messages;
using Quiver.Http3.Sessions;

namespace Quiver.Http3.Client;

/// <summary>What failures look like to the application: the exceptions of SocketsHttpHandler, with what happened on which connection.</summary>
internal static class RequestErrors
{
    /// <summary>The failure of a request that has no response yet.</summary>
    public static Exception ToRequestException(Exception e, Http3Session session, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return e is OperationCanceledException canceled && canceled.CancellationToken == cancellationToken
                ? e
                : new TaskCanceledException(e.Message, e, cancellationToken);
        }

        if (e is HttpRequestException or OperationCanceledException or ArgumentException or InvalidOperationException)
        {
            return e;
        }

        if (e is QuicException { QuicError: QuicError.EarlyDataRejected })
        {
            return NotProcessed(Http3RetryMode.SameConnection, "The server did not take the request as early data.", e);
        }

        if (e is QuicException { QuicError: QuicError.StreamAborted, ApplicationErrorCode: { } code })
        {
            // RFC 9114 §4.1.1: rejected is as though it had never been sent.
            switch ((Http3ErrorCode)code)
            {
                case Http3ErrorCode.RequestRejected:
                    return NotProcessed(Http3RetryMode.OtherConnection, "The server rejected the request without processing it.", e);
                case Http3ErrorCode.VersionFallback:
                    return NotProcessed(Http3RetryMode.OtherVersion, "The server serves the request over HTTP/1.1 only.", e);
            }
        }

        Exception inner = ToBodyException(e, session);
        HttpRequestError error = inner is HttpIOException io ? io.HttpRequestError : HttpRequestError.Unknown;
        return new HttpRequestException(error, inner.Message, inner);
    }

    /// <summary>The failure of reading a response's content, or what a request's failure is caused by.</summary>
    public static Exception ToBodyException(Exception e, Http3Session session)
    {
        switch (e)
        {
            case Http3ProtocolException protocol:
                return new HttpProtocolException((long)protocol.Code, $"The server broke the rules of HTTP/3: {protocol.Message}", e);
            case Http3StreamException { Code: Http3ErrorCode.MessageError }:
                return new HttpIOException(HttpRequestError.InvalidResponse, $"The response is malformed: {e.Message}", e);
            case Http3StreamException stream:
                return new HttpProtocolException((long)stream.Code, e.Message, e);
            case FieldSectionTooLargeException:
                return new HttpIOException(
                    HttpRequestError.ConfigurationLimitExceeded, $"{e.Message} Raise MaxResponseHeadersLength to take it.", e);
            case QuicException { QuicError: QuicError.StreamAborted, ApplicationErrorCode: { } code }:
                return new HttpProtocolException(code, $"The server ended the request with error {Name(code)}.", e);
            case QuicException { QuicError: QuicError.ConnectionAborted, ApplicationErrorCode: { } code }:
                return new HttpProtocolException(code, $"The server closed the connection with error {Name(code)}.", e);
            case QuicException or ObjectDisposedException when session.Failure is { } failure:
                return new HttpProtocolException(
                    (long)failure.Code, $"The connection was closed because the server broke the rules of HTTP/3: {failure.Message}", failure);
            default:
                return e;
        }
    }

    public static Http3RequestNotProcessedException NotProcessed(Http3RetryMode mode, string message, Exception? inner) =>
        new(mode, HttpRequestError.HttpProtocolError, message, inner);

    private static string Name(long code) =>
        Enum.IsDefined((Http3ErrorCode)code) ? $"{(Http3ErrorCode)code} (0x{code:x})" : $"0x{code:x}";
}
