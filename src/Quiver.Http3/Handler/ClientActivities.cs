using System.Diagnostics;

namespace Quiver.Http3.Handler;

/// <summary>The activity of a request, under the framework's source and name, and its headers.</summary>
internal sealed class ClientActivities(DistributedContextPropagator? propagator)
{
    private const string ActivityName = "System.Net.Http.HttpRequestOut";

    private static readonly ActivitySource s_source = new("System.Net.Http");

    /// <summary>Whether there is anybody to tell, or a trace to pass on.</summary>
    public static bool IsNeeded => s_source.HasListeners() || Activity.Current is not null;

    /// <summary>Starts one if anybody listens, and gives the request the trace's headers.</summary>
    public Activity? Start(HttpRequestMessage request)
    {
        Activity? activity = s_source.CreateActivity(ActivityName, ActivityKind.Client);
        if (activity is not null)
        {
            activity.Start();
            Describe(activity, request);
        }

        if ((activity ?? Activity.Current) is { } current)
        {
            propagator?.Inject(current, request, static (carrier, name, value) =>
            {
                // What the application set itself stays.
                if (carrier is HttpRequestMessage message && !message.Headers.NonValidated.Contains(name))
                {
                    message.Headers.TryAddWithoutValidation(name, value);
                }
            });
        }

        return activity;
    }

    public static void Stop(Activity activity, int? statusCode, string? errorType)
    {
        if (statusCode is { } code)
        {
            activity.SetTag("http.response.status_code", code);
            activity.SetTag("network.protocol.version", "3");
        }

        if (errorType is not null)
        {
            activity.SetTag("error.type", errorType);
            activity.SetStatus(ActivityStatusCode.Error);
        }

        activity.Stop();
    }

    private static void Describe(Activity activity, HttpRequestMessage request)
    {
        if (!activity.IsAllDataRequested)
        {
            return;
        }

        Uri uri = request.RequestUri!; // Checked by Http3Handler.
        string method = TelemetryNames.Method(request.Method);
        activity.DisplayName = method == "_OTHER" ? "HTTP" : method;
        activity.SetTag("http.request.method", method);
        if (method == "_OTHER")
        {
            activity.SetTag("http.request.method_original", request.Method.Method);
        }

        activity.SetTag("server.address", uri.IdnHost);
        activity.SetTag("server.port", uri.Port);

        // A query may hold secrets; .NET leaves it out too.
        activity.SetTag("url.full", uri.GetLeftPart(UriPartial.Path) + (uri.Query.Length > 0 ? "?*" : string.Empty));
    }
}
