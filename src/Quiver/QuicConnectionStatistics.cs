namespace Quiver;

/// <summary>Counts and measures of one connection at one moment; see <see cref="QuicConnection.GetStatistics"/>.</summary>
public sealed class QuicConnectionStatistics
{
    internal QuicConnectionStatistics()
    {
    }

    /// <summary>Where the connection is in its life.</summary>
    public QuicConnectionState State { get; internal init; }

    /// <summary>The live streams by type, by who opened them and by the halves that are open; groups without a stream are left out.</summary>
    public IReadOnlyList<QuicStreamGroup> Streams { get; internal init; } = [];

    /// <summary>Streams that either side has opened so far.</summary>
    public long StreamsOpened { get; internal init; }

    /// <summary>Streams that are gone: ended on both sides and with nothing left to read, or gone with the connection.</summary>
    public long StreamsClosed { get; internal init; }

    /// <summary>Streams opened and not closed.</summary>
    public long StreamsActive => StreamsOpened - StreamsClosed;

    /// <summary>Bytes written and not yet acknowledged by the peer, over all live streams.</summary>
    public long SendBuffered { get; internal init; }

    /// <summary>Bytes received and not yet read, over all live streams.</summary>
    public long ReceiveBuffered { get; internal init; }

    /// <summary>The smoothed round-trip time; zero before the first sample. RFC 9002 §5.3.</summary>
    public TimeSpan SmoothedRtt { get; internal init; }

    /// <summary>The smallest round-trip time seen; zero before the first sample.</summary>
    public TimeSpan MinRtt { get; internal init; }

    /// <summary>The newest sample of the round-trip time; zero before the first.</summary>
    public TimeSpan LatestRtt { get; internal init; }

    /// <summary>Bytes that may be in flight.</summary>
    public long CongestionWindow { get; internal init; }

    /// <summary>Bytes sent that were neither acknowledged nor found lost.</summary>
    public long BytesInFlight { get; internal init; }

    /// <summary>Packets sent, but for those that close the connection.</summary>
    public long PacketsSent { get; internal init; }

    /// <summary>Packets received and found authentic.</summary>
    public long PacketsReceived { get; internal init; }

    /// <summary>Packets found lost, of those sent; some may have come after all.</summary>
    public long PacketsLost { get; internal init; }

    /// <summary>Bytes of the packets sent, without the headers of UDP and IP.</summary>
    public long BytesSent { get; internal init; }

    /// <summary>Bytes of the packets received, without the headers of UDP and IP.</summary>
    public long BytesReceived { get; internal init; }

    /// <summary>How many live streams have these halves open, over all types.</summary>
    /// <param name="halves">Which halves.</param>
    public int CountStreams(QuicStreamHalves halves)
    {
        int count = 0;
        foreach (QuicStreamGroup group in Streams)
        {
            count += group.Halves == halves ? group.Count : 0;
        }

        return count;
    }
}
