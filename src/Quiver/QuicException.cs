namespace Quiver;

/// <summary>The failure of a QUIC connection, stream or listener; <see cref="QuicError"/> tells the kind.</summary>
public sealed class QuicException : IOException
{
    /// <summary>Makes an exception of the given kind.</summary>
    /// <param name="error">The kind of failure.</param>
    /// <param name="applicationErrorCode">The application's error code that the peer sent, if there was one.</param>
    /// <param name="message">What happened.</param>
    public QuicException(QuicError error, long? applicationErrorCode, string message)
        : this(error, applicationErrorCode, transportErrorCode: null, message, innerException: null)
    {
    }

    internal QuicException(QuicError error, string message, Exception? innerException = null)
        : this(error, applicationErrorCode: null, transportErrorCode: null, message, innerException)
    {
    }

    internal QuicException(QuicError error, long? applicationErrorCode, long? transportErrorCode, string message, Exception? innerException)
        : base(message, innerException)
    {
        QuicError = error;
        ApplicationErrorCode = applicationErrorCode;
        TransportErrorCode = transportErrorCode;
    }

    /// <summary>The kind of failure.</summary>
    public QuicError QuicError { get; }

    /// <summary>The code that the peer's application gave when it closed the connection or aborted the stream; otherwise null.</summary>
    public long? ApplicationErrorCode { get; }

    /// <summary>The transport error code that closed the connection, sent or received (RFC 9000 §20.1); otherwise null.</summary>
    public long? TransportErrorCode { get; }
}
