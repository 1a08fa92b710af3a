namespace Quiver.Protocol.Primitives;

/// <summary>Transport error codes. RFC 9000 §20.1. A TLS alert is <see cref="CryptoError"/> plus its number. RFC 9001 §4.8.</summary>
internal enum TransportErrorCode : ulong
{
    NoError = 0x00,
    InternalError = 0x01,
    ConnectionRefused = 0x02,
    FlowControlError = 0x03,
    StreamLimitError = 0x04,
    StreamStateError = 0x05,
    FinalSizeError = 0x06,
    FrameEncodingError = 0x07,
    TransportParameterError = 0x08,
    ConnectionIdLimitError = 0x09,
    ProtocolViolation = 0x0A,
    InvalidToken = 0x0B,
    ApplicationError = 0x0C,
    CryptoBufferExceeded = 0x0D,
    KeyUpdateError = 0x0E,
    AeadLimitReached = 0x0F,
    NoViablePath = 0x10,
    VersionNegotiationError = 0x11,
    CryptoError = 0x100,
}
