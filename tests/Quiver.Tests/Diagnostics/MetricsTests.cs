using System.Diagnostics.Metrics;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests.Diagnostics;

[Collection(ProcessWide.Name)]
public sealed class MetricsTests
{
    [Fact]
    public async Task Streams_are_counted_by_type_initiator_and_state()
    {
        using var observer = new Observer();
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        double opened = observer.Sum("quiver.streams.opened", "bidirectional");
        double closed = observer.Sum("quiver.streams.closed", "bidirectional");
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        client.CloseWrite();
        Assert.Equal(opened + 2, observer.Sum("quiver.streams.opened", "bidirectional"));
        Assert.True(observer.Sum("quiver.streams.active", "bidirectional", "local", "write_finished") >= 1);

        // The server had read everything, so that the FIN alone ends its read half.
        await Eventually.EqualAsync(true, () => observer.Sum("quiver.streams.active", "bidirectional", "remote", "read_finished") >= 1);
        await Task.Delay(20);
        Assert.True(observer.Sum("quiver.streams.oldest_age", "bidirectional", "local", "write_finished") >= 0.02);

        await server.WriteAsync(new byte[5000]).Soon();
        await Eventually.EqualAsync(true, () => observer.Sum("quiver.streams.buffered", "receive") >= 5000);
        await client.DisposeAsync().Soon();
        await server.DisposeAsync().Soon();
        await Eventually.EqualAsync(true, () => observer.Sum("quiver.streams.closed", "bidirectional") >= closed + 2);
        Assert.Equal(
            observer.Sum("quiver.streams.opened"),
            observer.Sum("quiver.streams.closed") + observer.Sum("quiver.streams.active"));
    }

    [Fact]
    public async Task Connections_are_counted_by_role_and_state()
    {
        using var observer = new Observer();
        await using (ConnectedPair pair = await ConnectedPair.CreateAsync())
        {
            Assert.True(observer.Sum("quiver.connections.active", "client", "open") >= 1);
            Assert.True(observer.Sum("quiver.connections.active", "server", "open") >= 1);
            await pair.Client.CloseAsync(1).Soon();
            Assert.True(observer.Sum("quiver.connections.active", "client", "closing") >= 1);
        }

        await Eventually.EqualAsync(0d, () => observer.Sum("quiver.connections.active"));
    }

    [Fact]
    public async Task Totals_outlive_their_connections()
    {
        using var observer = new Observer();
        double opened = observer.Sum("quiver.streams.opened");
        await using (ConnectedPair pair = await ConnectedPair.CreateAsync())
        {
            await pair.OpenAsync();
        }

        await Eventually.EqualAsync(0d, () => observer.Sum("quiver.connections.active"));
        Assert.Equal(opened + 2, observer.Sum("quiver.streams.opened"));
        Assert.Equal(opened + 2, observer.Sum("quiver.streams.closed"));
    }

    [Fact]
    public async Task Every_instrument_is_documented_with_its_unit_and_attributes()
    {
        using var observer = new Observer();
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        observer.Observe();
        string[] rows = await File.ReadAllLinesAsync(Path.Combine(Repository(), "docs", "diagnostics.md"));
        Assert.NotEmpty(observer.Instruments);
        foreach (Instrument instrument in observer.Instruments)
        {
            string row = Assert.Single(rows, line => line.StartsWith($"| `{instrument.Name}` |", StringComparison.Ordinal));
            Assert.Contains($"`{instrument.Unit}`", row, StringComparison.Ordinal);
            Assert.All(observer.Tags(instrument.Name), tag => Assert.Contains($"`{tag}`", row, StringComparison.Ordinal));
        }
    }

    private static string Repository()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Quiver.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The repository was not found.");
        }

        return folder;
    }

    private sealed class Observer : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly List<(Instrument Instrument, double Value, KeyValuePair<string, object?>[] Tags)> _measurements = [];

        public Observer()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Quiver")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => _measurements.Add((instrument, value, tags.ToArray())));
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => _measurements.Add((instrument, value, tags.ToArray())));
            _listener.Start();
        }

        public IEnumerable<Instrument> Instruments => _measurements.Select(measurement => measurement.Instrument).Distinct();

        public void Observe()
        {
            _measurements.Clear();
            _listener.RecordObservableInstruments();
        }

        public double Sum(string name, params string[] tags)
        {
            Observe();
            return _measurements
                .Where(measurement => measurement.Instrument.Name == name && tags.All(tag => measurement.Tags.Any(pair => Equals(pair.Value, tag))))
                .Sum(measurement => measurement.Value);
        }

        public IEnumerable<string> Tags(string name) =>
            _measurements.Where(measurement => measurement.Instrument.Name == name).SelectMany(measurement => measurement.Tags).Select(tag => tag.Key).Distinct();

        public void Dispose() => _listener.Dispose();
    }
}
