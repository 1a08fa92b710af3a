using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Quiver.Http3;

namespace Quiver.AspNetCore.Tests;

/// <summary>HttpClient on our own HTTP/3, against Kestrel on ours.</summary>
public sealed class HttpClientTests
{
    [Fact]
    public async Task Requests_and_bodies_go_both_ways()
    {
        await using WebServer server = await WebServer.StartAsync(app => app.MapPost("/", async context =>
        {
            context.Response.Headers["x-version"] = context.Request.Protocol;
            await context.Request.Body.CopyToAsync(context.Response.Body);
        }));
        using HttpClient client = CreateClient(server);
        byte[] body = RandomNumberGenerator.GetBytes(3_000_000);

        using HttpResponseMessage response = await client.PostAsync("/", new ByteArrayContent(body)).Soon();

        Assert.Equal(HttpVersion.Version30, response.Version);
        Assert.Equal("HTTP/3", response.Headers.GetValues("x-version").Single());
        Assert.Equal(SHA256.HashData(body), SHA256.HashData(await response.Content.ReadAsByteArrayAsync().Soon()));
    }

    [Fact]
    public async Task A_thousand_requests_fifty_at_a_time_are_answered()
    {
        await using WebServer server = await WebServer.StartAsync(app => app.MapGet("/{number}", (string number) => number));
        using HttpClient client = CreateClient(server);
        int answered = 0;

        await Parallel.ForEachAsync(Enumerable.Range(0, 1000), new ParallelOptions { MaxDegreeOfParallelism = 50 }, async (number, cancel) =>
        {
            Assert.Equal(number.ToString(), await client.GetStringAsync($"/{number}", cancel).Soon());
            Interlocked.Increment(ref answered);
        });

        Assert.Equal(1000, answered);
        Assert.Empty(server.Log.Lines);
    }

    [Fact]
    public async Task A_cancelled_request_is_cancelled_at_the_server()
    {
        var started = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using WebServer server = await WebServer.StartAsync(app => app.MapGet("/", async context =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            started.SetResult();
            await aborted.Task.Soon();
        }));
        using HttpClient client = CreateClient(server);
        using var cancel = new CancellationTokenSource();
        Task<string> asking = client.GetStringAsync("/", cancel.Token);
        await started.Task.Soon();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking.Soon());
        await aborted.Task.Soon();
    }

    [Fact]
    public async Task A_server_that_stops_answers_what_it_has_begun()
    {
        var started = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        await using WebServer server = await WebServer.StartAsync(app => app.MapGet("/", async context =>
        {
            started.SetResult();
            await goOn.Task.Soon();
            await context.Response.WriteAsync("to the end");
        }));
        using HttpClient client = CreateClient(server);
        Task<string> asking = client.GetStringAsync("/");
        await started.Task.Soon();
        Task stopping = server.StopAsync();

        goOn.SetResult();

        Assert.Equal("to the end", await asking.Soon());
        await stopping.Soon();
    }

    private static HttpClient CreateClient(WebServer server)
    {
        var handler = new Http3Handler
        {
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = HandMadeClient.TrustRoot() },
            UseProxy = false,
        };
        return new HttpClient(handler)
        {
            BaseAddress = new Uri($"https://localhost:{server.Port}"),
            DefaultRequestVersion = HttpVersion.Version30,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }
}
