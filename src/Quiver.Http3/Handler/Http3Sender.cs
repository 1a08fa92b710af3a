using System.Net;

namespace Quiver.Http3.Handler;

/// <summary>
/// Sends requests over pooled HTTP/3 connections, again where the server did nothing with them (RFC 9114 §5.2, §4.1.1) or wants them after
/// the handshake (RFC 8470 §5.2).
/// </summary>
internal sealed class Http3Sender(Http3Handler options, TimeProvider time) : IDisposable
{
    /// <summary>How often a request that was not processed is sent again at most, as in SocketsHttpHandler.</summary>
    private const int MaxRetries = 3;

    /// <summary>Status code of RFC 8470 §5.2.</summary>
    private const int TooEarly = 425;

    private readonly ClientMetrics _metrics = new(options.MeterFactory);
    private readonly ClientActivities _activities = new(options.ActivityHeadersPropagator);
    private readonly ConnectionPools _pools = new(options, time);
    private readonly ICredentials? _credentials = options.Credentials;

    /// <exception cref="Http3ConnectException">There was no connection; nothing was sent.</exception>
    /// <exception cref="HttpRequestException">It failed.</exception>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, Route route, CancellationToken cancellationToken) =>
        _metrics.CountsRequests || ClientActivities.IsNeeded
            ? SendObservedAsync(request, route, cancellationToken)
            : SendUnobservedAsync(request, route, cancellationToken);

    public void Dispose() => _pools.Dispose();

    private async Task<HttpResponseMessage> SendObservedAsync(HttpRequestMessage request, Route route, CancellationToken cancellationToken)
    {
        RequestScope scope = new(_metrics, _activities, request);
        try
        {
            HttpResponseMessage response = await SendUnobservedAsync(request, route, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.MisdirectedRequest && route != Route.Direct(route.Origin))
            {
                scope.PassOn();
            }
            else
            {
                scope.End(response);
            }

            return response;
        }
        catch (Exception e)
        {
            bool isPassedOn = route != Route.Direct(route.Origin)
                && e is Http3ConnectException or Http3RequestNotProcessedException { RetryMode: Http3RetryMode.OtherVersion };
            if (isPassedOn)
            {
                scope.PassOn();
            }
            else
            {
                scope.End(e);
            }

            throw;
        }
    }

    private Task<HttpResponseMessage> SendUnobservedAsync(HttpRequestMessage request, Route route, CancellationToken cancellationToken) =>
        _credentials is null
            ? SendAndRetryAsync(request, route, cancellationToken)
            : SendWithCredentialsAsync(request, route, cancellationToken);

    private async Task<HttpResponseMessage> SendWithCredentialsAsync(HttpRequestMessage request, Route route, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await SendAndRetryAsync(request, route, cancellationToken).ConfigureAwait(false);
        if (BasicCredentials.Answer(_credentials, request, response) is not { } answer)
        {
            return response;
        }

        response.Dispose();
        request.Headers.Authorization = answer;
        return await SendAndRetryAsync(request, route, cancellationToken).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> SendAndRetryAsync(HttpRequestMessage request, Route route, CancellationToken cancellationToken)
    {
        for (int retries = 0; ; retries++)
        {
            PooledConnection connection = await _pools.GetAsync(request, route, _metrics, cancellationToken).ConfigureAwait(false);
            bool wasEarly = connection.IsEarly;
            try
            {
                HttpResponseMessage response = await connection.Client.SendAsync(request, cancellationToken).ConfigureAwait(false);
                response.Version = HttpVersion.Version30;
                if ((int)response.StatusCode != TooEarly || !wasEarly || retries == MaxRetries)
                {
                    return response;
                }

                // RFC 8470 §5.2: the server wants it after the handshake.
                response.Dispose();
                await connection.Client.Connection.HandshakeCompleted.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Http3RequestNotProcessedException e) when (e.RetryMode != Http3RetryMode.OtherVersion && retries < MaxRetries)
            {
                // Again: the pool gives no connection that takes no more requests.
            }
        }
    }
}
