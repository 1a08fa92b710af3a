namespace Quiver;

/// <summary>When a listener has clients prove their address by a Retry, which costs them a round trip. RFC 9000 §8.1.2.</summary>
public enum QuicRetryPolicy
{
    /// <summary>While more handshakes are under way than <see cref="QuicListenerOptions.RetryThreshold"/> says: a flood from forged addresses then leaves no state behind.</summary>
    Automatic,

    /// <summary>Never, unless <see cref="QuicListenerOptions.RetryCallback"/> says so.</summary>
    Never,

    /// <summary>Always, unless the client has a token from an earlier connection.</summary>
    Always,
}
