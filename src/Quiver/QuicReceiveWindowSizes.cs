using Quiver.Validation;

namespace Quiver;

/// <summary>How many bytes the peer may send ahead of what the application reads, at the start. RFC 9000 §4. Each is a power of two.</summary>
public sealed class QuicReceiveWindowSizes
{
    /// <summary>Bytes over all streams of the connection. Default: 16 MiB.</summary>
    public int Connection { get; set; } = QuicDefaults.ConnectionReceiveWindow;

    /// <summary>Bytes for each bidirectional stream that we open. Default: 64 KiB.</summary>
    public int LocallyInitiatedBidirectionalStream { get; set; } = QuicDefaults.StreamReceiveWindow;

    /// <summary>Bytes for each bidirectional stream that the peer opens. Default: 64 KiB.</summary>
    public int RemotelyInitiatedBidirectionalStream { get; set; } = QuicDefaults.StreamReceiveWindow;

    /// <summary>Bytes for each unidirectional stream that the peer opens. Default: 64 KiB.</summary>
    public int UnidirectionalStream { get; set; } = QuicDefaults.StreamReceiveWindow;

    internal void Validate(string argumentName)
    {
        Require.PowerOfTwo(argumentName, Connection);
        Require.PowerOfTwo(argumentName, LocallyInitiatedBidirectionalStream);
        Require.PowerOfTwo(argumentName, RemotelyInitiatedBidirectionalStream);
        Require.PowerOfTwo(argumentName, UnidirectionalStream);
    }
}
