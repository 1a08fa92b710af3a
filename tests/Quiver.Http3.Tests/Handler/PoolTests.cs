using System.Collections.Concurrent;
using System.Net;
using Quiver.Http3.Tests.Infrastructure;

namespace Quiver.Http3.Tests.Handler;

/// <summary>How connections are shared, replaced and let go, and what is sent again.</summary>
public sealed class PoolTests
{
    [Fact]
    public async Task A_thousand_requests_share_a_connection()
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        ConcurrentDictionary<QuicConnection, bool> connections = new();
        origin.Application = seen =>
        {
            connections.TryAdd(seen.Http3!.Connection, true); // Over HTTP/3 only.
            return new Answer();
        };
        using HttpClient client = Create();
        await Parallel.ForAsync(0, 1000, new ParallelOptions { MaxDegreeOfParallelism = 50 }, async (_, token) =>
            Assert.Equal("ok", await client.GetStringAsync(origin.Udp, token).Soon()));
        Assert.Single(connections);
        Assert.Equal(1000, origin.Seen.Count);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 3)]
    public async Task Another_connection_is_made_when_all_streams_are_in_use_if_that_is_wanted(bool enable, int expected)
    {
        await using OriginServer origin = await OriginServer.StartAsync(options => options.MaxConcurrentRequests = 1);
        using HttpClient client = Create(handler => handler.EnableMultipleHttp3Connections = enable);
        List<HttpResponseMessage> open = [];
        for (int i = 0; i < expected; i++)
        {
            // Big enough that the response is not here as a whole: its stream stays open.
            origin.Application = _ => new Answer { Content = new byte[4 << 20] };
            open.Add(await client.GetAsync(origin.Udp, HttpCompletionOption.ResponseHeadersRead).Soon());
        }

        Assert.Equal(expected, origin.Http3.ConnectionCount);
        if (!enable)
        {
            Task<HttpResponseMessage> waiting = client.GetAsync(origin.Udp, HttpCompletionOption.ResponseHeadersRead);
            Assert.Single(origin.Seen);
            open[0].Dispose();
            open.Add(await waiting.Soon());
            Assert.Equal(1, origin.Http3.ConnectionCount);
        }

        open.ForEach(response => response.Dispose());
    }

    [Fact]
    [Rfc(9114, "5.2")]
    public async Task A_server_that_says_GOAWAY_gets_a_new_connection()
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        using HttpClient client = Create();
        Assert.Equal("ok", await client.GetStringAsync(origin.Udp).Soon());
        await origin.ReplaceHttp3Async();
        Assert.Equal("ok", await client.GetStringAsync(origin.Udp).Soon());
        Assert.Equal(2, origin.Seen.Count);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    [Rfc(9114, "4.1.1")]
    public async Task A_rejected_request_is_sent_again_three_times_at_most(int rejections, bool succeeds)
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        origin.Application = _ => new Answer(AbortCode: origin.Seen.Count <= rejections ? Http3ErrorCode.RequestRejected : null);
        using HttpClient client = Create();
        Task<HttpResponseMessage> sending = client.PostAsync(origin.Udp, new StringContent("content"));
        if (succeeds)
        {
            using HttpResponseMessage response = await sending.Soon();
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.All(origin.Seen, seen => Assert.Equal("content", seen.Content));
        }
        else
        {
            await Assert.ThrowsAsync<Http3RequestNotProcessedException>(() => sending.Soon());
        }

        Assert.Equal(Math.Min(rejections, 3) + 1, origin.Seen.Count);
    }

    [Fact]
    public async Task What_the_server_may_have_processed_is_not_sent_again()
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        origin.Application = _ => new Answer(AbortCode: Http3ErrorCode.InternalError);
        using HttpClient client = Create();
        HttpRequestException exception = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(origin.Udp).Soon());
        Assert.Equal(HttpRequestError.HttpProtocolError, exception.HttpRequestError);
        Assert.Equal((long)Http3ErrorCode.InternalError, Assert.IsType<HttpProtocolException>(exception.InnerException).ErrorCode);
        Assert.Single(origin.Seen);
    }

    [Fact]
    public async Task Old_connections_get_no_requests()
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        ConcurrentDictionary<QuicConnection, bool> connections = new();
        origin.Application = seen =>
        {
            connections.TryAdd(seen.Http3!.Connection, true); // Over HTTP/3 only.
            return new Answer();
        };
        using HttpClient client = Create(handler => handler.PooledConnectionLifetime = TimeSpan.Zero);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("ok", await client.GetStringAsync(origin.Udp).Soon());
        }

        Assert.Equal(3, connections.Count);
        await Eventually.EqualAsync(0, () => origin.Http3.ConnectionCount);
    }

    [Fact]
    public async Task Idle_connections_are_closed()
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        using HttpClient client = Create(handler => handler.PooledConnectionIdleTimeout = TimeSpan.FromMilliseconds(50));
        Assert.Equal("ok", await client.GetStringAsync(origin.Udp).Soon());
        await Eventually.EqualAsync(0, () => origin.Http3.ConnectionCount);
        Assert.Equal("ok", await client.GetStringAsync(origin.Udp).Soon());
    }

    [Fact]
    public async Task Disposing_closes_the_connections()
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        HttpClient client = Create();
        Assert.Equal("ok", await client.GetStringAsync(origin.Udp).Soon());
        Assert.Equal(1, origin.Http3.ConnectionCount);
        client.Dispose();
        await Eventually.EqualAsync(0, () => origin.Http3.ConnectionCount);
    }

    [Fact]
    [Rfc(8470, "4")]
    public async Task Early_data_is_sent_when_asked_for_and_only_for_safe_requests()
    {
        EarlyGate gate = new();
        await using OriginServer origin = await OriginServer.StartAsync(gate.Guard);
        ConcurrentQueue<bool> early = [];
        origin.Application = seen =>
        {
            early.Enqueue(seen.Http3!.Request.IsEarlyData); // Over HTTP/3 only.
            return new Answer();
        };
        foreach ((HttpMethod method, bool isEnabled) in new[] { (HttpMethod.Get, true), (HttpMethod.Get, true), (HttpMethod.Post, true), (HttpMethod.Get, false) })
        {
            using HttpClient client = Create(handler =>
            {
                handler.EnableEarlyData = isEnabled;
                handler.ConnectCallback = gate.ConnectAsync;
            });
            using HttpRequestMessage request = new(method, origin.Udp) { Version = HttpVersion.Version30, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using HttpResponseMessage response = await client.SendAsync(request).Soon();
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            await gate.TicketAsync();
        }

        Assert.Equal([false, true, false, false], early);
    }

    [Fact]
    [Rfc(8470, "5.2")]
    public async Task Too_early_is_answered_by_sending_again()
    {
        EarlyGate gate = new();
        await using OriginServer origin = await OriginServer.StartAsync(gate.Guard);
        origin.Application = seen => new Answer(seen.Http3!.Request.IsEarlyData ? 425 : 200); // Over HTTP/3 only.
        for (int i = 0; i < 2; i++)
        {
            using HttpClient client = Create(handler =>
            {
                handler.EnableEarlyData = true;
                handler.ConnectCallback = gate.ConnectAsync;
            });
            using HttpResponseMessage response = await client.GetAsync(origin.Udp).Soon();
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            await gate.TicketAsync();
        }

        Assert.Equal(3, origin.Seen.Count);
    }

    private static HttpClient Create(Action<Http3Handler>? configure = null)
    {
        HttpClient client = OriginServer.CreateClient(configure);
        client.DefaultRequestVersion = HttpVersion.Version30;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        return client;
    }
}
