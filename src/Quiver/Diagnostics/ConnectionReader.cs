using Quiver.Driving;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;

namespace Quiver.Diagnostics;

/// <summary>Reads a connection's counts and streams, under its lock and for as long as that takes.</summary>
internal static class ConnectionReader
{
    public const int States = (int)QuicConnectionState.Closing + 1;

    public static QuicConnectionState ReadState(ConnectionDriver connection)
    {
        connection.Enter();
        try
        {
            return StateOf(connection);
        }
        finally
        {
            connection.Leave();
        }
    }

    public static QuicConnectionStatistics ReadStatistics(ConnectionDriver connection)
    {
        connection.Enter();
        try
        {
            return StatisticsOf(connection);
        }
        finally
        {
            connection.Leave();
        }
    }

    public static QuicConnectionSnapshot ReadSnapshot(ConnectionDriver connection)
    {
        connection.Enter();
        try
        {
            Timestamp now = MonotonicClock.Now;
            List<QuicStreamSnapshot> streams = [];
            foreach (WatchedStream stream in WatchedStream.Of(connection))
            {
                streams.Add(SnapshotOf(stream, now));
            }

            return new QuicConnectionSnapshot(
                connection.Core.LocalAddress.ToIPEndPoint(), connection.Core.RemoteAddress.ToIPEndPoint(), StatisticsOf(connection), streams)
            {
                IsServer = connection.Role == EndpointRole.Server,
            };
        }
        finally
        {
            connection.Leave();
        }
    }

    private static QuicConnectionState StateOf(ConnectionDriver connection) =>
        connection.Closing.IsClosed ? QuicConnectionState.Closing
        : connection.Core.IsHandshakeComplete ? QuicConnectionState.Open
        : QuicConnectionState.Handshaking;

    private static QuicConnectionStatistics StatisticsOf(ConnectionDriver connection)
    {
        var census = new StreamCensus();
        census.Add(connection);
        long opened = 0;
        long closed = 0;
        for (int opener = 0; opener < StreamKinds.Openers; opener++)
        {
            opened += census.Opened(opener);
            closed += census.Closed(opener);
        }

        LossDetector recovery = connection.Core.Recovery;
        return new QuicConnectionStatistics
        {
            State = StateOf(connection),
            Streams = GroupsOf(census),
            StreamsOpened = opened,
            StreamsClosed = closed,
            SendBuffered = census.SendBuffered,
            ReceiveBuffered = census.ReceiveBuffered,
            SmoothedRtt = recovery.Rtt.HasSample ? recovery.Rtt.Smoothed : TimeSpan.Zero,
            MinRtt = recovery.Rtt.Min,
            LatestRtt = recovery.Rtt.Latest,
            CongestionWindow = (long)recovery.Congestion.CongestionWindow,
            BytesInFlight = (long)recovery.BytesInFlight,
            PacketsSent = connection.Core.Traffic.PacketsSent,
            PacketsReceived = connection.Core.Traffic.PacketsReceived,
            PacketsLost = recovery.PacketsLost,
            BytesSent = connection.Core.Traffic.BytesSent,
            BytesReceived = connection.Core.Traffic.BytesReceived,
        };
    }

    private static List<QuicStreamGroup> GroupsOf(StreamCensus census)
    {
        List<QuicStreamGroup> groups = [];
        for (int kind = 0; kind < StreamKinds.Count; kind++)
        {
            if (census.Count(kind) > 0)
            {
                groups.Add(new QuicStreamGroup(
                    StreamKinds.TypeOf(kind), StreamKinds.IsLocal(kind), StreamKinds.HalvesOf(kind), census.Count(kind), census.Oldest(kind)));
            }
        }

        return groups;
    }

    private static QuicStreamSnapshot SnapshotOf(in WatchedStream stream, Timestamp now) => new()
    {
        Id = (long)stream.State.Id.Value,
        Type = stream.State.Id.Direction == StreamDirection.Bidirectional ? QuicStreamType.Bidirectional : QuicStreamType.Unidirectional,
        IsLocal = stream.IsLocal,
        Halves = stream.Halves,
        Age = now - stream.State.Opened,
        Untouched = now - stream.LastTouch,
        SendBuffered = stream.State.Send?.Buffered ?? 0,
        ReceiveBuffered = (long)(stream.State.Receive?.Unread ?? 0),
        OpenedBy = stream.Driver?.OpenedAt?.ToString(),
    };
}
