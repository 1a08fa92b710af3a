using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Quiver.Http3.Tests.Infrastructure;

namespace Quiver.Http3.Tests.Handler;

/// <summary>Metrics and activities, under the framework's names.</summary>
public sealed class TelemetryTests
{
    [Fact]
    public async Task Metrics_are_those_of_the_framework()
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        IMeterFactory factory = services.GetRequiredService<IMeterFactory>();
        ConcurrentQueue<(string Name, double Value, string Tags)> measured = [];
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == "System.Net.Http" && instrument.Meter.Scope == factory)
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((i, value, tags, _) => measured.Enqueue((i.Name, value, Text(tags))));
        listener.SetMeasurementEventCallback<double>((i, value, tags, _) => measured.Enqueue((i.Name, value, Text(tags))));
        listener.Start();
        using (HttpClient client = OriginServer.CreateClient(handler => handler.MeterFactory = factory))
        {
            client.DefaultRequestVersion = HttpVersion.Version30;
            client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
            Assert.Equal("ok", await client.GetStringAsync(origin.Udp).Soon());
            origin.Application = _ => new Answer(503);
            using HttpResponseMessage response = await client.GetAsync(origin.Udp).Soon();
        }

        await Eventually.EqualAsync(1, () => measured.Count(m => m.Name == "http.client.connection.duration"));
        string server = $"server.address=localhost server.port={origin.Udp.Port} url.scheme=https";
        string request = $"http.request.method=GET {server}";
        Assert.Equal([$"1 {request}", $"-1 {request}", $"1 {request}", $"-1 {request}"], Of("http.client.active_requests"));
        Assert.Equal(
            [
                $"http.request.method=GET http.response.status_code=200 network.protocol.version=3 {server}",
                $"error.type=503 http.request.method=GET http.response.status_code=503 network.protocol.version=3 {server}",
            ],
            measured.Where(m => m.Name == "http.client.request.duration").Select(m => m.Tags));
        string connection = $"network.peer.address=127.0.0.1 network.protocol.version=3 {server}";
        foreach (string state in new[] { "active", "idle" })
        {
            Assert.Contains($"1 http.connection.state={state} {connection}", Of("http.client.open_connections"));
            Assert.Equal(0, measured.Where(m => m.Name == "http.client.open_connections" && m.Tags.Contains($"state={state}", StringComparison.Ordinal)).Sum(m => m.Value));
        }

        Assert.Equal(connection, Assert.Single(measured, m => m.Name == "http.client.connection.duration").Tags);
        Assert.Equal(
            $"http.request.method=GET network.protocol.version=3 {server}",
            Assert.Single(measured, m => m.Name == "http.client.request.time_in_queue").Tags);

        IEnumerable<string> Of(string name) => measured.Where(m => m.Name == name).Select(m => $"{m.Value} {m.Tags}");
    }

    [Fact]
    public async Task Activities_are_those_of_the_framework_and_travel_along()
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        ConcurrentQueue<Activity> stopped = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == "System.Net.Http",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (Equals(activity.GetTagItem("server.port"), origin.Udp.Port))
                {
                    stopped.Enqueue(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        origin.Application = seen => new Answer(seen.Path == "/missing" ? 404 : 200);
        using HttpClient client = OriginServer.CreateClient();
        client.DefaultRequestVersion = HttpVersion.Version30;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        await client.GetStringAsync(new Uri(origin.Udp, "/page?secret=1")).Soon();
        using HttpResponseMessage missing = await client.GetAsync(new Uri(origin.Udp, "/missing")).Soon();

        Activity first = stopped.First();
        Assert.Equal("System.Net.Http.HttpRequestOut", first.OperationName);
        Assert.Equal(("GET", ActivityKind.Client), (first.DisplayName, first.Kind));
        Assert.Equal(origin.Seen.First()["traceparent"], first.Id);
        Assert.Equal($"{origin.Udp}page?*", first.GetTagItem("url.full"));
        Assert.Equal(200, first.GetTagItem("http.response.status_code"));
        Assert.Equal("3", first.GetTagItem("network.protocol.version"));
        Activity second = stopped.Last();
        Assert.Equal(ActivityStatusCode.Error, second.Status);
        Assert.Equal("404", second.GetTagItem("error.type"));
    }

    private static string Text(ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        string.Join(' ', tags.ToArray().OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => $"{t.Key}={t.Value}"));
}
