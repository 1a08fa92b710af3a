using System.Diagnostics;

namespace Quiver.Http3.Handler;

/// <summary>What metrics and activities tell of one request: it ends once, or is passed on to another handler that tells of it.</summary>
internal readonly struct RequestScope
{
    private readonly ClientMetrics _metrics;
    private readonly HttpRequestMessage _request;
    private readonly Activity? _activity;
    private readonly long _startedAt;
    private readonly bool _isCounted;

    public RequestScope(ClientMetrics metrics, ClientActivities activities, HttpRequestMessage request)
    {
        _metrics = metrics;
        _request = request;
        _activity = activities.Start(request);
        _isCounted = metrics.CountsRequests;
        _startedAt = _isCounted ? Stopwatch.GetTimestamp() : 0;
        if (_isCounted)
        {
            metrics.OnRequestStarted(request);
        }
    }

    public void End(HttpResponseMessage response)
    {
        int code = (int)response.StatusCode;
        End(code, TelemetryNames.ErrorType(code));
    }

    public void End(Exception exception) => End(statusCode: null, TelemetryNames.ErrorType(exception));

    public void PassOn()
    {
        if (_isCounted)
        {
            _metrics.OnRequestPassedOn(_request);
        }

        // The other handler starts one of its own.
        if (_activity is not null)
        {
            _activity.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            _activity.IsAllDataRequested = false;
            _activity.Stop();
        }
    }

    private void End(int? statusCode, string? errorType)
    {
        if (_isCounted)
        {
            _metrics.OnRequestEnded(_request, statusCode, errorType, Stopwatch.GetElapsedTime(_startedAt));
        }

        if (_activity is not null)
        {
            ClientActivities.Stop(_activity, statusCode, errorType);
        }
    }
}
