using System.Diagnostics.Metrics;
using Quiver.Driving;

namespace Quiver.Diagnostics;

/// <summary>
/// The meter <c>Quiver</c>. Every instrument is observed: it counts when a listener asks, from state that is there anyway, and costs
/// nothing else. Names and attributes follow OpenTelemetry's conventions; docs/diagnostics.md lists them.
/// </summary>
internal static class QuiverMetrics
{
    private static readonly KeyValuePair<string, object?>[][] s_kindTags = [.. Enumerable.Range(0, StreamKinds.Count).Select(KindTags)];
    private static readonly KeyValuePair<string, object?> s_transmit = new("network.io.direction", "transmit");
    private static readonly KeyValuePair<string, object?> s_receive = new("network.io.direction", "receive");
    private static readonly Meter s_meter = Create();

    /// <summary>Before the first connection: a listener sees the instruments once they exist.</summary>
    public static void EnsureCreated() => GC.KeepAlive(s_meter);

    private static Meter Create()
    {
        var meter = new Meter("Quiver", typeof(QuiverMetrics).Assembly.GetName().Version?.ToString(3));
        meter.CreateObservableUpDownCounter(
            "quiver.connections.active", CountConnections, "{connection}", "Connections by role and state.");
        meter.CreateObservableUpDownCounter(
            "quiver.streams.active", CountStreams, "{stream}", "Live streams by type, initiator and open halves.");
        meter.CreateObservableGauge(
            "quiver.streams.oldest_age", MeasureAges, "s", "Time since the oldest live stream was opened, by type, initiator and open halves.");
        meter.CreateObservableCounter(
            "quiver.streams.opened", () => CountTotals(static (census, opener) => census.Opened(opener)), "{stream}", "Streams opened by either side.");
        meter.CreateObservableCounter(
            "quiver.streams.closed", () => CountTotals(static (census, opener) => census.Closed(opener)), "{stream}", "Streams that are gone.");
        meter.CreateObservableCounter(
            "quiver.streams.leaked", () => Leaks.Count(LeakKind.Stream), "{stream}", "Streams whose handle was dropped without being disposed.");
        meter.CreateObservableCounter(
            "quiver.connections.leaked", () => Leaks.Count(LeakKind.Connection), "{connection}", "Connections dropped without being disposed.");
        meter.CreateObservableUpDownCounter(
            "quiver.streams.buffered", MeasureBuffers, "By", "Bytes written and not acknowledged, or received and not read.");
        return meter;
    }

    private static List<Measurement<long>> CountStreams()
    {
        StreamCensus census = LiveConnections.TakeCensus();
        List<Measurement<long>> measurements = [];
        for (int kind = 0; kind < StreamKinds.Count; kind++)
        {
            // A count that fell to 0 must be heard of.
            if (CanBe(kind))
            {
                measurements.Add(new Measurement<long>(census.Count(kind), s_kindTags[kind]));
            }
        }

        return measurements;
    }

    private static List<Measurement<double>> MeasureAges()
    {
        StreamCensus census = LiveConnections.TakeCensus();
        List<Measurement<double>> measurements = [];
        for (int kind = 0; kind < StreamKinds.Count; kind++)
        {
            if (CanBe(kind))
            {
                measurements.Add(new Measurement<double>(census.Oldest(kind).TotalSeconds, s_kindTags[kind]));
            }
        }

        return measurements;
    }

    private static List<Measurement<long>> CountTotals(Func<StreamCensus, int, long> total)
    {
        StreamCensus census = LiveConnections.TakeCensus();
        List<Measurement<long>> measurements = [];
        for (int opener = 0; opener < StreamKinds.Openers; opener++)
        {
            measurements.Add(new Measurement<long>(total(census, opener), s_kindTags[opener * StreamKinds.Halves][..2]));
        }

        return measurements;
    }

    private static Measurement<long>[] MeasureBuffers()
    {
        StreamCensus census = LiveConnections.TakeCensus();
        return [new(census.SendBuffered, s_transmit), new(census.ReceiveBuffered, s_receive)];
    }

    private static List<Measurement<long>> CountConnections()
    {
        int[] counts = new int[2 * ConnectionReader.States];
        foreach (ConnectionDriver connection in LiveConnections.List())
        {
            counts[((int)connection.Role * ConnectionReader.States) + (int)ConnectionReader.ReadState(connection)]++;
        }

        List<Measurement<long>> measurements = [];
        for (int i = 0; i < counts.Length; i++)
        {
            measurements.Add(new Measurement<long>(
                counts[i],
                new KeyValuePair<string, object?>("quiver.connection.role", RoleName(i / ConnectionReader.States)),
                new KeyValuePair<string, object?>("quiver.connection.state", StateName((QuicConnectionState)(i % ConnectionReader.States)))));
        }

        return measurements;
    }

    private static string RoleName(int role) => role == (int)Protocol.Primitives.EndpointRole.Client ? "client" : "server";

    private static string StateName(QuicConnectionState state) => state switch
    {
        QuicConnectionState.Handshaking => "handshaking",
        QuicConnectionState.Open => "open",
        QuicConnectionState.Closing => "closing",
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    private static KeyValuePair<string, object?>[] KindTags(int kind) =>
    [
        new("quiver.stream.type", StreamKinds.TypeOf(kind) == QuicStreamType.Bidirectional ? "bidirectional" : "unidirectional"),
        new("quiver.stream.initiator", StreamKinds.IsLocal(kind) ? "local" : "remote"),
        new("quiver.stream.state", HalvesName(StreamKinds.HalvesOf(kind))),
    ];

    private static string HalvesName(QuicStreamHalves halves) => halves switch
    {
        QuicStreamHalves.Open => "open",
        QuicStreamHalves.WriteFinished => "write_finished",
        QuicStreamHalves.ReadFinished => "read_finished",
        QuicStreamHalves.FinishedUnread => "finished_unread",
        QuicStreamHalves.Closing => "closing",
        QuicStreamHalves.NotAccepted => "not_accepted",
        _ => throw new ArgumentOutOfRangeException(nameof(halves)),
    };

    /// <summary>Whether streams of the kind can exist: ours need no accepting, and one-way streams have one half only.</summary>
    private static bool CanBe(int kind)
    {
        QuicStreamHalves halves = StreamKinds.HalvesOf(kind);
        bool isLocal = StreamKinds.IsLocal(kind);
        if (halves == QuicStreamHalves.NotAccepted)
        {
            return !isLocal;
        }

        return StreamKinds.TypeOf(kind) == QuicStreamType.Bidirectional || halves switch
        {
            QuicStreamHalves.FinishedUnread => !isLocal,
            QuicStreamHalves.WriteFinished or QuicStreamHalves.ReadFinished => false,
            _ => true,
        };
    }
}
