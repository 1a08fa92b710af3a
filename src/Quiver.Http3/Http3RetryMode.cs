namespace Quiver.Http3;

/// <summary>How a request that was not processed can be sent again.</summary>
public enum Http3RetryMode
{
    /// <summary>On the same connection, now that its handshake is complete: the server did not take early data. RFC 9114 §10.9.</summary>
    SameConnection,

    /// <summary>On another connection: this one has ended, is about to end (GOAWAY), or the server rejected the request. RFC 9114 §4.1.1, §5.2.</summary>
    OtherConnection,

    /// <summary>Over HTTP/1.1: the server serves it no other way (H3_VERSION_FALLBACK). RFC 9114 §8.1.</summary>
    OtherVersion,
}
