using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Quiver.AspNetCore.Tests;

/// <summary>Requests and answers through stock Kestrel.</summary>
public sealed class RequestTests
{
    private const long NoError = 0x100;
    private const long InternalError = 0x102;
    private const long RequestCancelled = 0x10C;

    [Fact]
    public async Task A_minimal_API_answers()
    {
        await using WebServer server = await WebServer.StartAsync(app => app.MapGet("/", (HttpContext context) =>
            new { context.Request.Protocol, context.Request.Scheme, Host = context.Request.Host.Value, Remote = context.Connection.RemoteIpAddress!.ToString() }));
        await using HandMadeClient client = await server.ConnectAsync();

        WebResponse response = await client.GetAsync("/");

        Assert.Equal(200, response.Status);
        Assert.Equal("""{"protocol":"HTTP/3","scheme":"https","host":"localhost","remote":"127.0.0.1"}""", response.Text);
        Assert.Equal("application/json; charset=utf-8", response["content-type"]);
    }

    [Fact]
    public async Task A_thousand_requests_share_a_connection_and_its_contexts()
    {
        await using WebServer server = await WebServer.StartAsync(app => app.MapGet("/{number}", (string number) => number));
        await using HandMadeClient client = await server.ConnectAsync();

        for (int i = 0; i < 1000; i += 50)
        {
            string[] numbers = [.. Enumerable.Range(i, 50).Select(number => number.ToString())];
            WebResponse[] responses = await Task.WhenAll(numbers.Select(number => client.GetAsync("/" + number)));
            Assert.Equal(numbers, responses.Select(response => response.Text));
        }

        Assert.Empty(server.Log.Lines);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(5_000_000)]
    public async Task A_body_comes_back_as_it_was_sent(int length)
    {
        await using WebServer server = await WebServer.StartAsync(app => app.MapPost("/", async context =>
        {
            context.Response.ContentType = "application/octet-stream";
            await context.Request.Body.CopyToAsync(context.Response.Body);
        }));
        await using HandMadeClient client = await server.ConnectAsync();
        byte[] body = RandomNumberGenerator.GetBytes(length);

        WebResponse response = await client.SendAsync("POST", "/", body);

        Assert.Equal(200, response.Status);
        Assert.Equal(SHA256.HashData(body), SHA256.HashData(response.Body));
    }

    [Fact]
    public async Task A_request_that_ends_with_its_header_is_known_to_have_no_body()
    {
        await using WebServer server = await WebServer.StartAsync(app => app.MapGet("/", (HttpContext context) =>
            context.Features.Get<IHttpRequestBodyDetectionFeature>()!.CanHaveBody.ToString()));
        await using HandMadeClient client = await server.ConnectAsync();

        Assert.Equal("False", (await client.GetAsync("/")).Text);
    }

    [Fact]
    public async Task What_is_flushed_gets_there_before_the_answer_ends()
    {
        var goOn = new TaskCompletionSource();
        await using WebServer server = await WebServer.StartAsync(app => app.MapGet("/", async context =>
        {
            await context.Response.WriteAsync("first");
            await context.Response.Body.FlushAsync();
            await goOn.Task.Soon();
            await context.Response.WriteAsync("second");
        }));
        await using HandMadeClient client = await server.ConnectAsync();
        await using WebRequest request = await client.OpenAsync("GET", "/", isLast: true);

        await request.ReadHeadAsync();
        Assert.Equal("first"u8.ToArray(), await request.ReadDataAsync());
        goOn.SetResult();
        Assert.Equal("second"u8.ToArray(), await request.ReadDataAsync());
        Assert.Null(await request.ReadDataAsync());
    }

    [Fact]
    public async Task Trailers_are_sent()
    {
        await using WebServer server = await WebServer.StartAsync(app => app.MapGet("/", async context =>
        {
            context.Response.DeclareTrailer("x-sum");
            await context.Response.WriteAsync("body");
            context.Response.AppendTrailer("x-sum", "4");
        }));
        await using HandMadeClient client = await server.ConnectAsync();
        await using WebRequest request = await client.OpenAsync("GET", "/", isLast: true);

        await request.ReadHeadAsync();
        Assert.Equal("body"u8.ToArray(), await request.ReadDataAsync());
        (long type, byte[] section) = (await Frames.ReadAsync(request.Stream).Soon())!.Value;
        Assert.Equal(1, type);
        Assert.Equal([("x-sum", "4")], Frames.Decode(section));
        Assert.Null(await request.ReadDataAsync());
    }

    [Fact]
    public async Task A_client_that_does_not_read_makes_the_application_wait()
    {
        const int Chunk = 64 * 1024;
        int written = 0;
        await using WebServer server = await WebServer.StartAsync(
            app => app.MapGet("/", async context =>
            {
                byte[] bytes = new byte[Chunk];
                for (int i = 0; i < 1000; i++)
                {
                    await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
                    Interlocked.Increment(ref written);
                }
            }));
        await using HandMadeClient client = await server.ConnectAsync();
        await using WebRequest request = await client.OpenAsync("GET", "/", isLast: true);
        await request.ReadHeadAsync();

        int before = -1;
        while (before != Volatile.Read(ref written))
        {
            before = Volatile.Read(ref written);
            await Task.Delay(300);
        }

        Assert.InRange(before, 1, 100);
        long received = 0;
        while (await request.ReadDataAsync() is { } data)
        {
            received += data.Length;
        }

        Assert.Equal(1000L * Chunk, received);
    }

    [Fact]
    public async Task A_client_that_resets_its_request_cancels_it()
    {
        var aborted = new TaskCompletionSource();
        var started = new TaskCompletionSource();
        await using WebServer server = await WebServer.StartAsync(app => app.MapPost("/", async context =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            started.SetResult();
            await aborted.Task.Soon();
        }));
        await using HandMadeClient client = await server.ConnectAsync();
        await using WebRequest request = await client.OpenAsync("POST", "/", isLast: false);
        await started.Task.Soon();

        request.Stream.Abort(QuicAbortDirection.Both, RequestCancelled);

        await aborted.Task.Soon();
    }

    [Fact]
    public async Task A_client_that_wants_no_answer_any_more_cancels_the_request()
    {
        var aborted = new TaskCompletionSource();
        var started = new TaskCompletionSource();
        await using WebServer server = await WebServer.StartAsync(app => app.MapGet("/", async context =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            started.SetResult();
            await aborted.Task.Soon();
        }));
        await using HandMadeClient client = await server.ConnectAsync();
        await using WebRequest request = await client.OpenAsync("GET", "/", isLast: true);
        await started.Task.Soon();

        // The request has been sent to its end: STOP_SENDING is all that the server sees.
        request.Stream.Abort(QuicAbortDirection.Read, RequestCancelled);

        await aborted.Task.Soon();
    }

    [Fact]
    public async Task A_client_that_goes_away_cancels_its_requests()
    {
        var aborted = new TaskCompletionSource();
        var started = new TaskCompletionSource();
        await using WebServer server = await WebServer.StartAsync(app => app.MapGet("/", async context =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            started.SetResult();
            await aborted.Task.Soon();
        }));
        await using (HandMadeClient client = await server.ConnectAsync())
        {
            await client.OpenAsync("GET", "/", isLast: true);
            await started.Task.Soon();
        }

        await aborted.Task.Soon();
    }

    [Fact]
    public async Task An_application_that_fails_in_the_middle_resets_the_answer()
    {
        await using WebServer server = await WebServer.StartAsync(app => app.MapGet("/", async context =>
        {
            await context.Response.WriteAsync("so far");
            await context.Response.Body.FlushAsync();
            throw new InvalidOperationException("no further");
        }));
        await using HandMadeClient client = await server.ConnectAsync();
        await using WebRequest request = await client.OpenAsync("GET", "/", isLast: true);

        Assert.Equal(InternalError, await request.ReadAbortAsync());
    }

    [Fact]
    public async Task Abort_and_Reset_send_their_codes()
    {
        await using WebServer server = await WebServer.StartAsync(app =>
        {
            app.MapGet("/abort", (HttpContext context) => context.Abort());
            app.MapGet("/reset", (HttpContext context) => context.Features.Get<IHttpResetFeature>()!.Reset(0x1234));
        });
        await using HandMadeClient client = await server.ConnectAsync();
        await using WebRequest abort = await client.OpenAsync("GET", "/abort", isLast: true);
        await using WebRequest reset = await client.OpenAsync("GET", "/reset", isLast: true);

        Assert.Equal(InternalError, await abort.ReadAbortAsync());
        Assert.Equal(0x1234, await reset.ReadAbortAsync());
        Assert.Equal(404, (await client.GetAsync("/other")).Status);
    }

    [Fact]
    [Rfc(9114, "4.1")]
    public async Task A_body_that_is_not_read_is_stopped_without_blame()
    {
        await using WebServer server = await WebServer.StartAsync(app => app.MapPost("/", () => "enough"));
        await using HandMadeClient client = await server.ConnectAsync();
        await using WebRequest request = await client.OpenAsync("POST", "/", isLast: false);
        await request.SendDataAsync(new byte[100]);

        Assert.Equal("enough", (await request.ReadResponseAsync()).Text);
        QuicException stopped = await Assert.ThrowsAsync<QuicException>(() => request.Stream.WritesClosed.Soon());
        Assert.Equal(QuicError.StreamAborted, stopped.QuicError);
        Assert.Equal(NoError, stopped.ApplicationErrorCode);
    }

    [Fact]
    public async Task A_malformed_request_is_reset_and_the_connection_goes_on()
    {
        await using WebServer server = await WebServer.StartAsync(app => app.MapGet("/", () => "fine"));
        await using HandMadeClient client = await server.ConnectAsync();
        await using WebRequest request = await client.OpenAsync([(":method", "GET"), (":path", "/")], isLast: true);

        Assert.NotNull(await request.ReadAbortAsync());
        Assert.Equal("fine", (await client.GetAsync("/")).Text);
    }

    [Fact]
    public async Task A_frame_that_does_not_belong_on_a_request_ends_the_connection_with_its_code()
    {
        await using WebServer server = await WebServer.StartAsync(app => app.MapGet("/", () => "fine"));
        await using HandMadeClient client = await server.ConnectAsync();
        QuicStream stream = await client.Connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await stream.WriteAsync(Frames.Of(4, []), completeWrites: true).Soon();

        // H3_FRAME_UNEXPECTED. RFC 9114 §7.2.4.
        Assert.Equal(0x105, Assert.IsType<QuicException>(await client.Ended.Soon()).ApplicationErrorCode);
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task A_control_stream_that_ends_ends_the_connection()
    {
        await using WebServer server = await WebServer.StartAsync(app => app.MapGet("/", () => "fine"));
        await using HandMadeClient client = await server.ConnectAsync();
        QuicStream encoder = await client.SendUnidirectionalAsync([0x02]);

        encoder.CompleteWrites();

        // H3_CLOSED_CRITICAL_STREAM. RFC 9204 §4.2; Kestrel looks once a second.
        Assert.Equal(0x104, Assert.IsType<QuicException>(await client.Ended.Soon()).ApplicationErrorCode);
    }

    [Fact]
    public async Task Static_files_are_served()
    {
        string root = Path.Combine(Workspace.Scratch, "static");
        Directory.CreateDirectory(root);
        byte[] content = RandomNumberGenerator.GetBytes(300_000);
        await File.WriteAllBytesAsync(Path.Combine(root, "file.bin"), content);
        await using WebServer server = await WebServer.StartAsync(app => app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = new Microsoft.Extensions.FileProviders.PhysicalFileProvider(root),
        }));
        await using HandMadeClient client = await server.ConnectAsync();

        WebResponse response = await client.GetAsync("/file.bin");
        WebResponse range = await client.SendAsync("GET", "/file.bin", null, ("range", "bytes=100-199"));

        Assert.Equal(SHA256.HashData(content), SHA256.HashData(response.Body));
        Assert.Equal("300000", response["content-length"]);
        Assert.Equal(206, range.Status);
        Assert.Equal(content[100..200], range.Body);
    }

    [Fact]
    public async Task Connection_and_stream_say_how_they_do()
    {
        await using WebServer server = await WebServer.StartAsync(app => app.MapGet("/", (HttpContext context) =>
        {
            IQuicConnectionFeature quic = context.Features.Get<IQuicConnectionFeature>()!;
            IQuicStreamFeature stream = context.Features.Get<IQuicStreamFeature>()!;
            stream.Priority = 200;
            stream.IsIncremental = false;
            return $"{quic.GetStatistics().PacketsReceived > 0} {quic.Connection.NegotiatedVersion} {stream.HasEarlyData} {stream.Priority} {stream.IsIncremental}";
        }));
        await using HandMadeClient client = await server.ConnectAsync();

        Assert.Equal("True Version1 False 200 False", (await client.GetAsync("/")).Text);

        // The next request on the context begins anew.
        Assert.Equal("True Version1 False 200 False", (await client.GetAsync("/")).Text);
    }

    [Fact]
    public async Task Server_limits_hold()
    {
        await using WebServer server = await WebServer.StartAsync(
            app => app.MapPost("/", async context =>
            {
                await context.Request.Body.CopyToAsync(Stream.Null);
                await context.Response.WriteAsync("all");
            }),
            new WebServerOptions { Kestrel = kestrel => kestrel.Limits.MaxRequestBodySize = 1000 });
        await using HandMadeClient client = await server.ConnectAsync();

        Assert.Equal("all", (await client.SendAsync("POST", "/", new byte[1000])).Text);
        Assert.Equal(413, (await client.SendAsync("POST", "/", new byte[1001])).Status);
    }

    [Fact]
    public async Task Server_sent_events_end_when_the_client_leaves()
    {
        var ended = new TaskCompletionSource();
        await using WebServer server = await WebServer.StartAsync(app => app.MapGet("/", async context =>
        {
            context.Response.ContentType = "text/event-stream";
            try
            {
                for (int i = 0; ; i++)
                {
                    await context.Response.WriteAsync($"data: {i}\n\n", context.RequestAborted);
                    await context.Response.Body.FlushAsync(context.RequestAborted);
                    await Task.Delay(10, context.RequestAborted);
                }
            }
            catch (OperationCanceledException)
            {
                ended.SetResult();
            }
        }));
        await using HandMadeClient client = await server.ConnectAsync();
        await using WebRequest request = await client.OpenAsync("GET", "/", isLast: true);
        await request.ReadHeadAsync();
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal($"data: {i}\n\n", Encoding.UTF8.GetString((await request.ReadDataAsync())!));
        }

        request.Stream.Abort(QuicAbortDirection.Read, RequestCancelled);

        await ended.Task.Soon();
    }
}
