using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;

namespace Quiver.AspNetCore.Tests;

/// <summary>How a server stops.</summary>
public sealed class ShutdownTests
{
    [Fact]
    [Rfc(9114, "5.2")]
    public async Task A_request_under_way_is_answered_before_the_server_stops()
    {
        var started = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        byte[] content = RandomNumberGenerator.GetBytes(3_000_000);
        await using WebServer server = await WebServer.StartAsync(app => app.MapGet("/", async context =>
        {
            started.SetResult();
            await goOn.Task.Soon();
            await context.Response.Body.WriteAsync(content);
        }));
        await using HandMadeClient client = await server.ConnectAsync();
        await using WebRequest request = await client.OpenAsync("GET", "/", isLast: true);
        await started.Task.Soon();

        Task stopping = server.StopAsync();
        await client.GoAway.Soon();
        Assert.False(stopping.IsCompleted);
        goOn.SetResult();
        WebResponse response = await request.ReadResponseAsync();

        Assert.Equal(SHA256.HashData(content), SHA256.HashData(response.Body));

        // Kestrel leaves it to the client to go after its last answer.
        await client.Connection.CloseAsync(0x100).Soon();
        await stopping.Soon();
    }

    [Fact]
    public async Task An_idle_connection_is_closed_in_good_order()
    {
        await using WebServer server = await WebServer.StartAsync(app => app.MapGet("/", () => "hello"));
        await using HandMadeClient client = await server.ConnectAsync();
        Assert.Equal("hello", (await client.GetAsync("/")).Text);

        await server.StopAsync().Soon();

        Assert.Equal(0x100, Assert.IsType<QuicException>(await client.Ended.Soon()).ApplicationErrorCode);
        await Assert.ThrowsAnyAsync<Exception>(() => server.ConnectAsync(options => options.HandshakeTimeout = TimeSpan.FromMilliseconds(300)));
    }

    [Fact]
    public async Task A_stop_that_may_not_take_long_cuts_requests_off()
    {
        var started = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using WebServer server = await WebServer.StartAsync(app => app.MapGet("/", async context =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            started.SetResult();
            await aborted.Task.Soon();
        }));
        await using HandMadeClient client = await server.ConnectAsync();
        await client.OpenAsync("GET", "/", isLast: true);
        await started.Task.Soon();

        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await server.StopAsync(patience.Token).Soon();

        await aborted.Task.Soon();
        await client.Ended.Soon();
    }

    [Fact]
    public async Task A_silent_connection_is_closed_after_the_keep_alive_time()
    {
        await using WebServer server = await WebServer.StartAsync(
            app => app.MapGet("/", () => "hello"),
            new WebServerOptions { Kestrel = kestrel => kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(1) });
        await using HandMadeClient client = await server.ConnectAsync();
        Assert.Equal("hello", (await client.GetAsync("/")).Text);

        Assert.Equal(0x100, Assert.IsType<QuicException>(await client.Ended.Soon()).ApplicationErrorCode);
    }
}
