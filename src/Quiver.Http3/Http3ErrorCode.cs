namespace Quiver.Http3;

/// <summary>Error codes of HTTP/3 and QPACK. RFC 9114 §8.1, RFC 9204 §6, RFC 9297 §5.2.</summary>
public enum Http3ErrorCode : long
{
    /// <summary>A datagram or capsule that breaks the rules. RFC 9297 §5.2.</summary>
    DatagramError = 0x33,

    /// <summary>Nothing is wrong.</summary>
    NoError = 0x100,

    /// <summary>The peer broke a rule that has no code of its own.</summary>
    GeneralProtocolError = 0x101,

    /// <summary>Something failed inside.</summary>
    InternalError = 0x102,

    /// <summary>A stream of a kind that is not accepted.</summary>
    StreamCreationError = 0x103,

    /// <summary>A stream that must live as long as the connection was closed.</summary>
    ClosedCriticalStream = 0x104,

    /// <summary>A frame that is not allowed here.</summary>
    FrameUnexpected = 0x105,

    /// <summary>A frame of wrong layout or length.</summary>
    FrameError = 0x106,

    /// <summary>The peer makes more work than is reasonable.</summary>
    ExcessiveLoad = 0x107,

    /// <summary>A push or stream id that is out of range or used twice.</summary>
    IdError = 0x108,

    /// <summary>A SETTINGS frame with wrong contents.</summary>
    SettingsError = 0x109,

    /// <summary>No SETTINGS at the beginning of the control stream.</summary>
    MissingSettings = 0x10a,

    /// <summary>The server did nothing with the request: it may be sent again.</summary>
    RequestRejected = 0x10b,

    /// <summary>The request or its response is not wanted any more.</summary>
    RequestCancelled = 0x10c,

    /// <summary>The client's stream ended in the middle of a request.</summary>
    RequestIncomplete = 0x10d,

    /// <summary>A message that breaks the rules of HTTP.</summary>
    MessageError = 0x10e,

    /// <summary>The connection made for a CONNECT failed.</summary>
    ConnectError = 0x10f,

    /// <summary>The request can only be served over another version of HTTP.</summary>
    VersionFallback = 0x110,

    /// <summary>A field section that cannot be decoded.</summary>
    QpackDecompressionFailed = 0x200,

    /// <summary>The peer's encoder stream is wrong.</summary>
    QpackEncoderStreamError = 0x201,

    /// <summary>The peer's decoder stream is wrong.</summary>
    QpackDecoderStreamError = 0x202,
}
