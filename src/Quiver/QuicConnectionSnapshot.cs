using System.Net;

namespace Quiver;

/// <summary>One live connection at one moment; see <see cref="QuicDiagnostics.Snapshot"/>.</summary>
public sealed class QuicConnectionSnapshot
{
    internal QuicConnectionSnapshot(
        IPEndPoint local, IPEndPoint remote, QuicConnectionStatistics statistics, IReadOnlyList<QuicStreamSnapshot> streams)
    {
        Statistics = statistics;
        Streams = streams;
        LocalEndPoint = local;
        RemoteEndPoint = remote;
    }

    /// <summary>Whether this side accepted the connection.</summary>
    public bool IsServer { get; internal init; }

    /// <summary>Our own address and port.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>The peer's address and port.</summary>
    public IPEndPoint RemoteEndPoint { get; }

    /// <summary>Counts and measures.</summary>
    public QuicConnectionStatistics Statistics { get; }

    /// <summary>The live streams, in no order.</summary>
    public IReadOnlyList<QuicStreamSnapshot> Streams { get; }
}
