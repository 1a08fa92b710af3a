namespace Quiver.Http3;

/// <summary>What one side of a connection has told the other about itself. RFC 9114 §7.2.4. Unchangeable.</summary>
public sealed class Http3Settings
{
    internal static readonly Http3Settings Default = new();

    internal Http3Settings()
    {
    }

    /// <summary>The largest header or trailer section that is taken, in bytes as RFC 9114 §4.2.2 counts them; null: no limit was given.</summary>
    public long? MaxFieldSectionSize { get; internal init; }

    /// <summary>Bytes that the peer's QPACK encoder may use of the dynamic table. RFC 9204 §5.</summary>
    public long QpackMaxTableCapacity { get; internal init; }

    /// <summary>Streams that may wait for QPACK insertions. RFC 9204 §5.</summary>
    public long QpackBlockedStreams { get; internal init; }

    /// <summary>Whether extended CONNECT is understood. RFC 9220 §3.</summary>
    public bool EnableConnectProtocol { get; internal init; }

    /// <summary>Whether HTTP datagrams are taken. RFC 9297 §2.1.1.</summary>
    public bool EnableDatagrams { get; internal init; }
}
