namespace Quiver;

/// <summary>What kind of failure a <see cref="QuicException"/> reports. The numbers are those of System.Net.Quic.</summary>
public enum QuicError
{
    /// <summary>No error.</summary>
    Success = 0,

    /// <summary>An error that no other value describes.</summary>
    InternalError = 1,

    /// <summary>The peer's application closed the connection; <see cref="QuicException.ApplicationErrorCode"/> has its code.</summary>
    ConnectionAborted = 2,

    /// <summary>The peer aborted the stream; <see cref="QuicException.ApplicationErrorCode"/> has its code.</summary>
    StreamAborted = 3,

    /// <summary>The handshake did not complete in time.</summary>
    ConnectionTimeout = 6,

    /// <summary>The server refused the connection. RFC 9000 §20.1.</summary>
    ConnectionRefused = 8,

    /// <summary>The server speaks no version of QUIC that we speak. RFC 9000 §6.</summary>
    VersionNegotiationError = 9,

    /// <summary>Nothing was heard from the peer for the idle time-out. RFC 9000 §10.1.</summary>
    ConnectionIdle = 10,

    /// <summary>The operation was ended from our own side: an abort, a close or a dispose.</summary>
    OperationAborted = 12,

    /// <summary>Another listener of this process on the same endpoint already serves one of the application protocols.</summary>
    AlpnInUse = 13,

    /// <summary>The transport failed; <see cref="QuicException.TransportErrorCode"/> has the code of RFC 9000 §20.1.</summary>
    TransportError = 14,

    /// <summary>A callback of the application threw; it is the inner exception.</summary>
    CallbackError = 15,

    /// <summary>
    /// The server did not take early data: the stream never was. Do again what is to be done, on a new stream of the same connection.
    /// Not a value of System.Net.Quic.
    /// </summary>
    EarlyDataRejected = 256,

    /// <summary>The server did not answer on another path; the connection goes on by the one in use. Not a value of System.Net.Quic.</summary>
    PathFailed = 257,
}
