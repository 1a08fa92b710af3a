namespace Quiver.Http3;

/// <summary>What a client wants of an HTTP/3 connection. The names and defaults are those of <see cref="SocketsHttpHandler"/> where it has such an option.</summary>
public sealed class Http3ClientConnectionOptions
{
    /// <summary>Most that a server can tell us to remember; also the default.</summary>
    internal const int MaxTableCapacity = 1 << 16;

    /// <summary>
    /// The largest header or trailer section that is taken, in KiB (1,024 bytes) as RFC 9114 §4.2.2 counts them: 1 to 2,097,151. Default: 64.
    /// A response that is larger fails with <see cref="HttpRequestError.ConfigurationLimitExceeded"/>.
    /// </summary>
    public int MaxResponseHeadersLength { get; set; } = 64;

    /// <summary>How long a request with <c>Expect: 100-continue</c> waits for the server's word before its content goes out anyway. Default: one second.</summary>
    public TimeSpan Expect100ContinueTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes that the server's QPACK encoder may use of our dynamic table, 0 to 65,536. Default: 4,096. RFC 9204 §5.</summary>
    public int QpackMaxTableCapacity { get; set; } = 4096;

    /// <summary>How many responses may wait for QPACK insertions at once, 0 to 65,535. Default: 100. RFC 9204 §2.1.2.</summary>
    public int QpackBlockedStreams { get; set; } = 100;

    /// <summary>
    /// Whether HTTP datagrams are taken (RFC 9297). The connection's transport must take datagrams too
    /// (<see cref="QuicConnectionOptions.EnableDatagrams"/>); <see cref="Http3ClientConnection.ConnectAsync"/> sees to it. Default: false.
    /// </summary>
    public bool EnableDatagrams { get; set; }

    /// <summary>Chooses how header values of requests that are not ASCII are encoded; without it such requests fail.</summary>
    public HeaderEncodingSelector<HttpRequestMessage>? RequestHeaderEncodingSelector { get; set; }

    /// <summary>Chooses how header values of responses are decoded; without it, and for null, as Latin-1.</summary>
    public HeaderEncodingSelector<HttpRequestMessage>? ResponseHeaderEncodingSelector { get; set; }

    internal Http3Settings ToSettings()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxResponseHeadersLength, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxResponseHeadersLength, int.MaxValue / 1024);
        ArgumentOutOfRangeException.ThrowIfNegative(QpackMaxTableCapacity);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(QpackMaxTableCapacity, MaxTableCapacity);
        ArgumentOutOfRangeException.ThrowIfNegative(QpackBlockedStreams);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(QpackBlockedStreams, ushort.MaxValue);
        return new Http3Settings
        {
            MaxFieldSectionSize = MaxResponseHeadersLength * 1024L,
            QpackMaxTableCapacity = QpackMaxTableCapacity,
            QpackBlockedStreams = QpackBlockedStreams,
            EnableDatagrams = EnableDatagrams,
        };
    }
}
