using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Quiver.Http3.Tests.Infrastructure;

namespace Quiver.Http3.Tests.Handler;

/// <summary>Which requests go over HTTP/3, and what happens where they cannot.</summary>
public sealed class VersionPolicyTests
{
    [Theory]
    [InlineData("1.1", HttpVersionPolicy.RequestVersionOrLower, "1.1", "1.1")]
    [InlineData("1.1", HttpVersionPolicy.RequestVersionExact, "1.1", "1.1")]
    [InlineData("2.0", HttpVersionPolicy.RequestVersionOrLower, "2.0", "2.0")]
    [InlineData("2.0", HttpVersionPolicy.RequestVersionExact, "2.0", "2.0")]
    [InlineData("1.1", HttpVersionPolicy.RequestVersionOrHigher, "2.0", "3.0")]
    [InlineData("2.0", HttpVersionPolicy.RequestVersionOrHigher, "2.0", "3.0")]
    [InlineData("3.0", HttpVersionPolicy.RequestVersionOrLower, "2.0", "3.0")]
    [Rfc(7838, "3")]
    public async Task Alt_Svc_brings_HTTP_3_where_the_policy_allows_it(string version, HttpVersionPolicy policy, string first, string then)
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        origin.Application = _ => new Answer { Headers = [("Alt-Svc", origin.AltSvc)] };
        using HttpClient client = OriginServer.CreateClient();
        Assert.Equal(first, await GetVersionAsync(client, origin.Tcp, version, policy));
        Assert.Equal(then, await GetVersionAsync(client, origin.Tcp, version, policy));
        Assert.Equal(then == "3.0" ? $"localhost:{origin.Udp.Port}" : null, origin.Seen.Last()["Alt-Used"]);
    }

    [Theory]
    [InlineData(HttpVersionPolicy.RequestVersionExact)]
    [InlineData(HttpVersionPolicy.RequestVersionOrHigher)]
    public async Task Version_3_goes_straight_to_the_origin(HttpVersionPolicy policy)
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        using HttpClient client = OriginServer.CreateClient();
        Assert.Equal("3.0", await GetVersionAsync(client, origin.Udp, "3.0", policy));
        Assert.Equal("HTTP/3", Assert.Single(origin.Seen).Protocol);
        Assert.Null(origin.Seen.First()["Alt-Used"]);
    }

    [Theory]
    [InlineData("http://localhost:1/", false)]
    [InlineData("https://localhost:1/", true)]
    public async Task What_demands_version_3_fails_where_it_cannot_be(string uri, bool isProxied)
    {
        using HttpClient client = OriginServer.CreateClient(handler =>
        {
            handler.UseProxy = isProxied;
            handler.Proxy = new WebProxy("http://localhost:2/");
        });
        HttpRequestException exception = await Assert.ThrowsAsync<HttpRequestException>(
            () => GetVersionAsync(client, new Uri(uri), "3.0", HttpVersionPolicy.RequestVersionExact));
        Assert.Equal(HttpRequestError.VersionNegotiationError, exception.HttpRequestError);
        Assert.Contains(isProxied ? "proxy" : "http", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proxy_that_is_bypassed_stands_in_nobodys_way()
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        using HttpClient client = OriginServer.CreateClient(handler =>
        {
            handler.UseProxy = true;
            handler.Proxy = new WebProxy("http://localhost:2/", BypassOnLocal: false, [@"localhost"]);
        });
        Assert.Equal("3.0", await GetVersionAsync(client, origin.Udp, "3.0", HttpVersionPolicy.RequestVersionExact));
    }

    [Fact]
    public async Task An_alternative_that_cannot_be_reached_is_left_alone()
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        using UdpClient silent = new(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)silent.Client.LocalEndPoint!).Port; // Bound.
        origin.Application = _ => new Answer { Headers = [("Alt-Svc", $"h3=\":{port}\"")] };
        int attempts = 0;
        using HttpClient client = OriginServer.CreateClient(handler =>
        {
            handler.ConnectTimeout = TimeSpan.FromSeconds(1);
            handler.ConnectCallback = (options, token) =>
            {
                attempts++;
                return QuicConnection.ConnectAsync(options, token);
            };
        });
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("2.0", await GetVersionAsync(client, origin.Tcp, "3.0", HttpVersionPolicy.RequestVersionOrLower));
        }

        Assert.Equal(1, attempts);
    }

    [Fact]
    [Rfc(7838, "6")]
    public async Task A_421_of_an_alternative_sends_the_request_to_the_origin()
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        origin.Application = seen => new Answer(seen.Http3 is null ? 200 : 421) { Headers = [("Alt-Svc", origin.AltSvc)] };
        using HttpClient client = OriginServer.CreateClient();
        for (int i = 0; i < 3; i++)
        {
            using HttpRequestMessage request = Request(origin.Tcp, "2.0", HttpVersionPolicy.RequestVersionOrHigher);
            using HttpResponseMessage response = await client.SendAsync(request).Soon();
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.Single(origin.Seen, seen => seen.Http3 is not null);
        Assert.Equal(3, origin.Seen.Count(seen => seen.Http3 is null));
    }

    [Fact]
    [Rfc(9114, "8.1")]
    public async Task H3_VERSION_FALLBACK_sends_the_request_another_way()
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        origin.Application = seen => new Answer(AbortCode: Http3ErrorCode.VersionFallback) { Headers = [("Alt-Svc", origin.AltSvc)] };
        using HttpClient client = OriginServer.CreateClient();
        Assert.Equal("2.0", await GetVersionAsync(client, origin.Tcp, "3.0", HttpVersionPolicy.RequestVersionOrLower));
        Assert.Equal("2.0", await GetVersionAsync(client, origin.Tcp, "3.0", HttpVersionPolicy.RequestVersionOrLower));
        Assert.Single(origin.Seen, seen => seen.Http3 is not null);
        await Assert.ThrowsAsync<Http3RequestNotProcessedException>(
            () => GetVersionAsync(client, origin.Udp, "3.0", HttpVersionPolicy.RequestVersionExact));
    }

    [Fact]
    public async Task Failures_to_connect_are_told_as_by_SocketsHttpHandler()
    {
        using HttpClient client = new(new Http3Handler { UseProxy = false });
        HttpRequestException unknown = await Assert.ThrowsAnyAsync<HttpRequestException>(
            () => GetVersionAsync(client, new Uri("https://no-such-host.invalid/"), "3.0", HttpVersionPolicy.RequestVersionExact));
        Assert.Equal(HttpRequestError.NameResolutionError, unknown.HttpRequestError);

        await using OriginServer origin = await OriginServer.StartAsync();
        HttpRequestException untrusted = await Assert.ThrowsAnyAsync<HttpRequestException>(
            () => GetVersionAsync(client, origin.Udp, "3.0", HttpVersionPolicy.RequestVersionExact));
        Assert.Equal(HttpRequestError.SecureConnectionError, untrusted.HttpRequestError);
        Assert.IsType<AuthenticationException>(untrusted.InnerException);
        Assert.Empty(origin.Seen);
    }

    [Fact]
    public async Task A_ConnectTimeout_is_told_as_by_SocketsHttpHandler()
    {
        using UdpClient silent = new(new IPEndPoint(IPAddress.Loopback, 0));
        using HttpClient client = OriginServer.CreateClient(handler => handler.ConnectTimeout = TimeSpan.FromMilliseconds(200));
        Uri uri = new($"https://127.0.0.1:{((IPEndPoint)silent.Client.LocalEndPoint!).Port}/"); // Bound.
        TaskCanceledException exception = await Assert.ThrowsAsync<TaskCanceledException>(
            () => GetVersionAsync(client, uri, "3.0", HttpVersionPolicy.RequestVersionExact));
        Assert.IsType<TimeoutException>(exception.InnerException);
    }

    [Fact]
    public async Task Waiting_for_a_connection_can_be_cancelled()
    {
        using UdpClient silent = new(new IPEndPoint(IPAddress.Loopback, 0));
        using HttpClient client = OriginServer.CreateClient();
        using CancellationTokenSource cancellation = new();
        using HttpRequestMessage request = Request(
            new Uri($"https://127.0.0.1:{((IPEndPoint)silent.Client.LocalEndPoint!).Port}/"), "3.0", HttpVersionPolicy.RequestVersionExact); // Bound.
        Task<HttpResponseMessage> sending = client.SendAsync(request, cancellation.Token);
        await cancellation.CancelAsync();
        TaskCanceledException exception = await Assert.ThrowsAsync<TaskCanceledException>(() => sending.Soon());
        Assert.Equal(cancellation.Token, exception.CancellationToken);
    }

    internal static HttpRequestMessage Request(Uri uri, string version, HttpVersionPolicy policy) =>
        new(HttpMethod.Get, uri) { Version = new Version(version), VersionPolicy = policy };

    private static async Task<string> GetVersionAsync(HttpClient client, Uri uri, string version, HttpVersionPolicy policy)
    {
        using HttpRequestMessage request = Request(uri, version, policy);
        using HttpResponseMessage response = await client.SendAsync(request).Soon();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response.Version.ToString(2);
    }
}
