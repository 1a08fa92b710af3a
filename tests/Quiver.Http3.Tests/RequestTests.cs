using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Quiver.Http3.Tests.Infrastructure;

namespace Quiver.Http3.Tests;

/// <summary>Requests and responses between our client and our server.</summary>
public sealed class RequestTests
{
    [Fact]
    public async Task A_GET_is_answered()
    {
        await using Http3Pair pair = await Http3Pair.CreateAsync(async context =>
        {
            Assert.Equal("GET", context.Request.Method);
            Assert.Equal("https", context.Request.Scheme);
            Assert.Equal("localhost", context.Request.Authority);
            Assert.Equal("/hello?x=1", context.Request.Path);
            Assert.Equal("value", context.Request.Headers["X-Test"]);
            context.Response.Headers["x-answer"] = "42";
            context.Response.Headers["content-type"] = "text/plain";
            await context.Response.Body.WriteAsync("Hello"u8.ToArray());
        });
        using HttpRequestMessage request = new(HttpMethod.Get, "https://localhost/hello?x=1") { Headers = { { "X-Test", "value" } } };
        using HttpResponseMessage response = await pair.Client.SendAsync(request).Soon();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(HttpVersion.Version30, response.Version);
        Assert.Equal("42", Assert.Single(response.Headers.GetValues("x-answer")));
        Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("Hello", await response.Content.ReadAsStringAsync().Soon());
        Assert.NotNull(response.Headers.Date);
        await pair.NothingLeftAsync();
    }

    [Fact]
    public async Task A_POST_is_echoed()
    {
        await using Http3Pair pair = await Http3Pair.CreateAsync(Echo);
        foreach (int length in new[] { 0, 1, 100, 5_000, 20_000, 1_000_000 })
        {
            byte[] content = new byte[length];
            Random.Shared.NextBytes(content);
            using HttpResponseMessage response = await pair.SendAsync(HttpMethod.Post, "/", new ByteArrayContent(content));
            Assert.Equal(content, await response.Content.ReadAsByteArrayAsync().Soon());
        }

        await pair.NothingLeftAsync();
    }

    [Fact]
    public async Task Content_of_unknown_length_is_echoed()
    {
        await using Http3Pair pair = await Http3Pair.CreateAsync(async context =>
        {
            await context.Response.StartAsync();
            await Echo(context);
        });
        Pipe pipe = new();
        Task<HttpResponseMessage> sending = pair.SendAsync(HttpMethod.Post, "/", new StreamContent(pipe.Reader.AsStream()));
        using HttpResponseMessage response = await sending.Soon();
        Stream stream = await response.Content.ReadAsStreamAsync().Soon();
        byte[] buffer = new byte[100];
        for (int i = 0; i < 10; i++)
        {
            // One part goes there and back before the next is written.
            await pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes($"part {i}")).Soon();
            int count = await stream.ReadAsync(buffer).Soon();
            Assert.Equal($"part {i}", Encoding.ASCII.GetString(buffer, 0, count));
        }

        await pipe.Writer.CompleteAsync();
        Assert.Equal(0, await stream.ReadAsync(buffer).Soon());
        await pair.NothingLeftAsync();
    }

    [Fact]
    [Rfc(9114, "4.1")]
    public async Task Trailers_come_after_the_content()
    {
        await using Http3Pair pair = await Http3Pair.CreateAsync(async context =>
        {
            await context.Response.Body.WriteAsync("content"u8.ToArray());
            context.Response.Trailers.Add("x-sum", "7");
        });
        using HttpResponseMessage response = await pair.GetAsync("/");
        Assert.Empty(response.TrailingHeaders);
        Assert.Equal("content", await response.Content.ReadAsStringAsync().Soon());
        Assert.Equal("7", Assert.Single(response.TrailingHeaders.GetValues("x-sum")));
        await pair.NothingLeftAsync();
    }

    [Fact]
    [Rfc(9114, "4.1")]
    public async Task Interim_responses_come_before_the_final_one()
    {
        await using Http3Pair pair = await Http3Pair.CreateAsync(async context =>
        {
            for (int i = 0; i < 3; i++)
            {
                await context.Response.SendInterimAsync(103, new Http3Headers { { "link", "</style.css>; rel=preload" } });
            }

            context.Response.StatusCode = 202;
        });
        using HttpResponseMessage response = await pair.GetAsync("/");
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.False(response.Headers.Contains("link"));
        Assert.Empty(await response.Content.ReadAsByteArrayAsync().Soon());
        await pair.NothingLeftAsync();
    }

    [Theory]
    [InlineData("HEAD", 200)]
    [InlineData("GET", 204)]
    [InlineData("GET", 304)]
    [Rfc(9114, "4.1.2")]
    public async Task A_response_without_content_may_have_a_length(string method, int status)
    {
        await using Http3Pair pair = await Http3Pair.CreateAsync(async context =>
        {
            context.Response.StatusCode = status;
            if (status != 204)
            {
                context.Response.Headers["content-length"] = "1000";
            }

            await context.Response.Body.WriteAsync(new byte[1000]);
        });
        using HttpResponseMessage response = await pair.SendAsync(new HttpMethod(method), "/");
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(status == 204 ? null : 1000, response.Content.Headers.ContentLength);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync().Soon());
        await pair.NothingLeftAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Expect_100_continue_waits_for_the_servers_word(bool isWanted)
    {
        await using Http3Pair pair = await Http3Pair.CreateAsync(
            async context =>
            {
                if (!isWanted)
                {
                    context.Response.StatusCode = 417;
                    return;
                }

                ReadResult all = await context.Request.Body.ReadAtLeastAsync(7);
                await context.Response.Body.WriteAsync(all.Buffer.ToArray());
            },
            client: options => options.Expect100ContinueTimeout = TimeSpan.FromHours(1));
        using HttpRequestMessage request = new(HttpMethod.Post, "https://localhost/")
        {
            Content = new StringContent("content"),
            Headers = { ExpectContinue = true },
        };
        using HttpResponseMessage response = await pair.Client.SendAsync(request).Soon();
        Assert.Equal(isWanted ? 200 : 417, (int)response.StatusCode);
        Assert.Equal(isWanted ? "content" : "", await response.Content.ReadAsStringAsync().Soon());
        await pair.NothingLeftAsync();
    }

    [Fact]
    public async Task Many_requests_at_once_and_one_after_the_other_leave_nothing()
    {
        await using Http3Pair pair = await Http3Pair.CreateAsync(Echo);
        for (int round = 0; round < 10; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
            {
                using HttpRequestMessage request = new(HttpMethod.Post, $"https://localhost/{i}")
                {
                    Content = new StringContent($"content {i}"),
                    Headers = { { "x-number", $"{i % 50}" }, { "x-same", "always the same value" } },
                };
                using HttpResponseMessage response = await pair.Client.SendAsync(request).Soon();
                Assert.Equal($"content {i}", await response.Content.ReadAsStringAsync().Soon());
            }));
        }

        await pair.NothingLeftAsync();
    }

    [Fact]
    public async Task Disposing_a_response_ends_both_halves()
    {
        TaskCompletionSource aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Http3Pair pair = await Http3Pair.CreateAsync(async context =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            FlushResult result = default;
            while (!result.IsCompleted)
            {
                result = await context.Response.Body.WriteAsync(new byte[10_000]);
            }
        });
        HttpResponseMessage response = await pair.GetAsync("/");
        Stream stream = await response.Content.ReadAsStreamAsync();
        await stream.ReadExactlyAsync(new byte[1000]).Soon();
        response.Dispose();
        await aborted.Task.Soon();
        await pair.NothingLeftAsync();
    }

    [Fact]
    public async Task A_cancelled_request_ends_both_halves()
    {
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Http3Pair pair = await Http3Pair.CreateAsync(async context =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => aborted.SetResult(), TaskScheduler.Default);
        });
        using CancellationTokenSource source = new();
        Task<HttpResponseMessage> sending = pair.Client.SendAsync(new HttpRequestMessage(HttpMethod.Get, "https://localhost/"), source.Token);
        await begun.Task.Soon();
        await source.CancelAsync();
        TaskCanceledException thrown = await Assert.ThrowsAsync<TaskCanceledException>(() => sending.Soon());
        Assert.Equal(source.Token, thrown.CancellationToken);
        await aborted.Task.Soon();
        await pair.NothingLeftAsync();
    }

    [Fact]
    public async Task A_handler_that_throws_is_a_500_or_a_reset()
    {
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Http3Pair pair = await Http3Pair.CreateAsync(async context =>
        {
            if (context.Request.Path == "/late")
            {
                await context.Response.Body.WriteAsync(new byte[10]);
                await begun.Task;
            }

            throw new InvalidOperationException("On purpose.");
        });
        using HttpResponseMessage early = await pair.GetAsync("/early");
        Assert.Equal(HttpStatusCode.InternalServerError, early.StatusCode);
        await early.Content.ReadAsByteArrayAsync().Soon();
        using HttpResponseMessage late = await pair.GetAsync("/late");
        begun.SetResult();
        HttpRequestException thrown = await Assert.ThrowsAsync<HttpRequestException>(() => late.Content.ReadAsByteArrayAsync().Soon());
        Assert.Equal((long)Http3ErrorCode.InternalError, Assert.IsType<HttpProtocolException>(thrown.InnerException).ErrorCode);
        await pair.NothingLeftAsync();
    }

    private static async Task Echo(Http3Context context)
    {
        await foreach (ReadOnlySequence<byte> part in ReadAllAsync(context.Request.Body))
        {
            foreach (ReadOnlyMemory<byte> memory in part)
            {
                await context.Response.Body.WriteAsync(memory);
            }
        }
    }

    private static async IAsyncEnumerable<ReadOnlySequence<byte>> ReadAllAsync(PipeReader reader)
    {
        while (true)
        {
            ReadResult result = await reader.ReadAsync();
            yield return result.Buffer;
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                yield break;
            }
        }
    }
}
