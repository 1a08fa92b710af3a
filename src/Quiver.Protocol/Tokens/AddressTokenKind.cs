namespace Quiver.Protocol.Tokens;

/// <summary>How a token was given out, which a server must be able to tell. RFC 9000 §8.1.1.</summary>
internal enum AddressTokenKind : byte
{
    /// <summary>Not one of ours.</summary>
    None,

    /// <summary>In a Retry, for the same connection. RFC 9000 §8.1.2.</summary>
    Retry,

    /// <summary>In NEW_TOKEN, for a later connection. RFC 9000 §8.1.3.</summary>
    NewToken,
}
