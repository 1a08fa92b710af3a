namespace Quiver;

/// <summary>Whether one end or both may send on a stream. RFC 9000 §2.1.</summary>
public enum QuicStreamType
{
    /// <summary>Only the end that opened the stream sends.</summary>
    Unidirectional = 0,

    /// <summary>Both ends send.</summary>
    Bidirectional = 1,
}
