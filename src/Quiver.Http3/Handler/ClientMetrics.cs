using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Quiver.Http3.Handler;

/// <summary>
/// The instruments of the meter <c>System.Net.Http</c> under the framework's names, so that dashboards need not know which handler sent a
/// request. Units and tags: OpenTelemetry's conventions for HTTP clients, as .NET applies them.
/// </summary>
internal sealed class ClientMetrics
{
    private const string MeterName = "System.Net.Http";

    private static readonly Meter s_meter = new(MeterName);

    private readonly UpDownCounter<long> _activeRequests;
    private readonly Histogram<double> _requestDuration;
    private readonly UpDownCounter<long> _openConnections;
    private readonly Histogram<double> _connectionDuration;
    private readonly Histogram<double> _timeInQueue;

    public ClientMetrics(IMeterFactory? factory)
    {
        Meter meter = factory?.Create(MeterName) ?? s_meter;
        double[] requestBounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
        double[] connectionBounds = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
        _activeRequests = meter.CreateUpDownCounter<long>(
            "http.client.active_requests", "{request}", "Number of outbound HTTP requests that are currently active on the client.");
        _requestDuration = CreateHistogram(meter, "http.client.request.duration", "Duration of HTTP client requests.", requestBounds);
        _openConnections = meter.CreateUpDownCounter<long>(
            "http.client.open_connections", "{connection}", "Number of outbound HTTP connections that are currently active or idle on the client.");
        _connectionDuration = CreateHistogram(
            meter, "http.client.connection.duration", "The duration of successfully established outbound HTTP connections.", connectionBounds);
        _timeInQueue = CreateHistogram(
            meter, "http.client.request.time_in_queue", "The amount of time requests spent on a queue waiting for an available connection.", requestBounds);
    }

    /// <summary>Whether anybody wants to know of requests.</summary>
    public bool CountsRequests => _activeRequests.Enabled || _requestDuration.Enabled;

    public void OnRequestStarted(HttpRequestMessage request) => _activeRequests.Add(1, RequestTags(request));

    /// <param name="request">The request that ended.</param>
    /// <param name="statusCode">Null when it had no response.</param>
    /// <param name="errorType">Null when all went well.</param>
    /// <param name="duration">Time until the response's header section was here, or until it failed.</param>
    public void OnRequestEnded(HttpRequestMessage request, int? statusCode, string? errorType, TimeSpan duration)
    {
        TagList tags = RequestTags(request);
        _activeRequests.Add(-1, tags);

        if (statusCode is { } code)
        {
            tags.Add("http.response.status_code", code);
            tags.Add("network.protocol.version", "3");
        }

        if (errorType is not null)
        {
            tags.Add("error.type", errorType);
        }

        _requestDuration.Record(duration.TotalSeconds, tags);
    }

    /// <summary>The request went elsewhere, where it is counted again.</summary>
    public void OnRequestPassedOn(HttpRequestMessage request) => _activeRequests.Add(-1, RequestTags(request));

    public void OnQueued(HttpRequestMessage request, TimeSpan time)
    {
        if (_timeInQueue.Enabled)
        {
            TagList tags = RequestTags(request);
            tags.Add("network.protocol.version", "3");
            _timeInQueue.Record(time.TotalSeconds, tags);
        }
    }

    /// <summary>One connection more (1) or less (-1) in a state.</summary>
    public void OnConnectionState(in TagList connection, bool isActive, int change)
    {
        TagList tags = connection;
        tags.Add("http.connection.state", isActive ? "active" : "idle");
        _openConnections.Add(change, tags);
    }

    public void OnConnectionEnded(in TagList connection, TimeSpan duration) => _connectionDuration.Record(duration.TotalSeconds, connection);

    public static TagList ConnectionTags(Route route, string peerAddress) => new()
    {
        { "network.protocol.version", "3" },
        { "url.scheme", "https" },
        { "server.address", route.Origin.Host },
        { "server.port", route.Origin.Port },
        { "network.peer.address", peerAddress },
    };

    private static TagList RequestTags(HttpRequestMessage request) => new()
    {
        { "url.scheme", "https" },
        { "server.address", request.RequestUri!.IdnHost }, // Checked by Http3Handler.
        { "server.port", request.RequestUri.Port },
        { "http.request.method", TelemetryNames.Method(request.Method) },
    };

    private static Histogram<double> CreateHistogram(Meter meter, string name, string description, double[] bounds) =>
        meter.CreateHistogram(
            name, "s", description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });
}
