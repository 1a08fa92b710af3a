using System.Net;
using System.Text;
using Quiver.Http3.Frames;
using Quiver.Http3.Tests.Infrastructure;

namespace Quiver.Http3.Tests;

/// <summary>What the server does beyond answering: going away, limits, tunnels, datagrams, priorities.</summary>
public sealed class ServerTests
{
    [Fact]
    [Rfc(9114, "5.2")]
    public async Task Shutdown_lets_requests_finish()
    {
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource finish = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Http3Pair pair = await Http3Pair.CreateAsync(async context =>
        {
            begun.SetResult();
            await finish.Task;
            await context.Response.Body.WriteAsync(new byte[3]);
        });
        Task<HttpResponseMessage> sending = pair.GetAsync("/");
        await begun.Task.Soon();
        Task shutdown = pair.Server.ShutdownAsync();
        await Eventually.EqualAsync(false, () => pair.Client.CanSend);
        await Assert.ThrowsAsync<Http3RequestNotProcessedException>(() => pair.GetAsync("/"));
        Assert.False(shutdown.IsCompleted);
        finish.SetResult();
        using HttpResponseMessage response = await sending.Soon();
        Assert.Equal(3, (await response.Content.ReadAsByteArrayAsync().Soon()).Length);
        await shutdown.Soon();
        await pair.Client.Closed.Soon();
        Assert.Equal(0, pair.Server.ConnectionCount);
    }

    [Fact]
    [Rfc(9114, "5.2")]
    public async Task Requests_after_the_second_GOAWAY_are_rejected()
    {
        TaskCompletionSource finish = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using EvilClient client = await EvilClient.StartAsync(_ => finish.Task);
        QuicStream first = await client.RequestAsync(EvilClient.GetHeaders);
        QuicStream control = await client.Connection.AcceptInboundStreamAsync().Soon();
        Task shutdown = client.Server.ShutdownAsync();

        // SETTINGS and grease, then GOAWAY with the largest id, then with the next.
        List<byte> received = [];
        byte[] expected = [.. Wire.Frame(FrameTypes.GoAway, Wire.Integer((1ul << 62) - 4)), .. Wire.Frame(FrameTypes.GoAway, Wire.Integer(4))];
        byte[] buffer = new byte[100];
        while (!received.TakeLast(expected.Length).SequenceEqual(expected))
        {
            int count = await control.ReadAsync(buffer).Soon();
            Assert.NotEqual(0, count);
            received.AddRange(buffer.AsSpan(0, count));
        }

        QuicStream second = await client.RequestAsync(EvilClient.GetHeaders);
        QuicException rejected = await Assert.ThrowsAsync<QuicException>(() => second.ReadToEndAsync(1000).Soon());
        Assert.Equal((long)Http3ErrorCode.RequestRejected, rejected.ApplicationErrorCode);
        finish.SetResult();
        Assert.NotEmpty(await first.ReadToEndAsync(1000).Soon());
        await shutdown.Soon();
    }

    [Fact]
    public async Task Closing_the_client_lets_requests_finish()
    {
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource finish = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Http3Pair pair = await Http3Pair.CreateAsync(async context =>
        {
            begun.SetResult();
            await finish.Task;
        });
        Task<HttpResponseMessage> sending = pair.GetAsync("/");
        await begun.Task.Soon();
        Task closing = pair.Client.CloseAsync().AsTask();
        Assert.False(pair.Client.CanSend);
        await Assert.ThrowsAsync<Http3RequestNotProcessedException>(() => pair.GetAsync("/"));
        finish.SetResult();
        using HttpResponseMessage response = await sending.Soon();
        await response.Content.ReadAsByteArrayAsync().Soon();
        await closing.Soon();
    }

    [Fact]
    public async Task Disposing_the_client_fails_requests()
    {
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Http3Pair pair = await Http3Pair.CreateAsync(async context =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        Task<HttpResponseMessage> sending = pair.GetAsync("/");
        await begun.Task.Soon();
        await pair.Client.DisposeAsync().Soon();
        await Assert.ThrowsAsync<HttpRequestException>(() => sending.Soon());
        await Eventually.EqualAsync(0, () => pair.Server.ConnectionCount);
    }

    [Fact]
    [Rfc(9220, "3")]
    public async Task An_extended_CONNECT_is_a_tunnel()
    {
        await using Http3Pair pair = await Http3Pair.CreateAsync(async context =>
        {
            Assert.Equal("CONNECT", context.Request.Method);
            Assert.Equal("echo", context.Request.Protocol);
            Assert.Equal("/chat", context.Request.Path);
            await using Http3TunnelStream tunnel = await context.AcceptTunnelAsync();
            await tunnel.CopyToAsync(tunnel);
        });
        using HttpRequestMessage request = new(HttpMethod.Connect, "https://localhost/chat");
        request.Headers.Protocol = "echo";
        using HttpResponseMessage response = await pair.Client.SendAsync(request).Soon();
        Http3TunnelStream stream = Assert.IsType<Http3TunnelStream>(await response.Content.ReadAsStreamAsync().Soon());
        byte[] buffer = new byte[100_000];
        for (int length = 1; length <= buffer.Length; length *= 10)
        {
            Task writing = stream.WriteAsync(new byte[length]).Soon();
            await stream.ReadExactlyAsync(buffer.AsMemory(0, length)).Soon();
            await writing;
        }

        stream.CloseWrite();
        Assert.Equal(0, await stream.ReadAsync(buffer).Soon());
        await pair.NothingLeftAsync();
    }

    [Fact]
    [Rfc(9220, "3")]
    public async Task An_extended_CONNECT_needs_the_servers_setting()
    {
        await using Http3Pair pair = await Http3Pair.CreateAsync(_ => Task.CompletedTask, options => options.EnableConnectProtocol = false);
        using HttpRequestMessage request = new(HttpMethod.Connect, "https://localhost/chat");
        request.Headers.Protocol = "echo";
        HttpRequestException thrown = await Assert.ThrowsAsync<HttpRequestException>(() => pair.Client.SendAsync(request).Soon());
        Assert.Equal(HttpRequestError.ExtendedConnectNotSupported, thrown.HttpRequestError);
        await using EvilClient evil = await EvilClient.StartAsync(configure: options => options.EnableConnectProtocol = false);
        QuicStream stream = await evil.RequestAsync(Wire.Headers(
            (":method", "CONNECT"), (":protocol", "echo"), (":scheme", "https"), (":authority", "localhost"), (":path", "/")));
        await evil.ResetAsync(stream, Http3ErrorCode.MessageError);
    }

    [Fact]
    [Rfc(9114, "4.4")]
    public async Task A_CONNECT_that_is_refused_is_a_response()
    {
        await using Http3Pair pair = await Http3Pair.CreateAsync(context =>
        {
            Assert.Equal("example.test:443", context.Request.Authority);
            Assert.Null(context.Request.Path);
            context.Response.StatusCode = 403;
            return Task.CompletedTask;
        });
        using HttpResponseMessage response = await pair.Client.SendAsync(new HttpRequestMessage(HttpMethod.Connect, "https://example.test/")).Soon();
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync().Soon());
        await pair.NothingLeftAsync();
    }

    [Fact]
    [Rfc(9114, "4.4")]
    public async Task Aborting_a_tunnel_ends_both_directions()
    {
        TaskCompletionSource<Exception> failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Http3Pair pair = await Http3Pair.CreateAsync(async context =>
        {
            await using Http3TunnelStream tunnel = await context.AcceptTunnelAsync();
            failed.SetResult(await Record.ExceptionAsync(() => tunnel.CopyToAsync(Stream.Null)) ?? new InvalidOperationException("It ended well."));
        });
        using HttpResponseMessage response = await pair.Client.SendAsync(new HttpRequestMessage(HttpMethod.Connect, "https://localhost/")).Soon();
        Http3TunnelStream stream = Assert.IsType<Http3TunnelStream>(await response.Content.ReadAsStreamAsync().Soon());
        stream.Abort(Http3ErrorCode.ConnectError);
        Assert.Equal((long)Http3ErrorCode.ConnectError, Assert.IsType<QuicException>(await failed.Task.Soon()).ApplicationErrorCode);
        await pair.NothingLeftAsync();
    }

    [Fact]
    [Rfc(9297, "2.1")]
    public async Task Datagrams_go_both_ways_beside_a_tunnel()
    {
        await using Http3Pair pair = await Http3Pair.CreateAsync(
            async context =>
            {
                await using Http3TunnelStream tunnel = await context.AcceptTunnelAsync();
                while (await tunnel.Datagrams!.ReceiveAsync(context.RequestAborted) is { } datagram)
                {
                    await tunnel.Datagrams.SendAsync(datagram);
                    if (datagram.Length == 0)
                    {
                        return;
                    }
                }
            },
            options => options.EnableDatagrams = true,
            options => options.EnableDatagrams = true);
        await pair.Client.ServerSettings.Soon();
        using HttpRequestMessage request = new(HttpMethod.Connect, "https://localhost/chat");
        request.Headers.Protocol = "datagrams";
        using HttpResponseMessage response = await pair.Client.SendAsync(request).Soon();
        Http3TunnelStream stream = Assert.IsType<Http3TunnelStream>(await response.Content.ReadAsStreamAsync().Soon());
        Http3DatagramChannel channel = stream.Datagrams!;
        Assert.InRange(channel.MaxSize, 1000, 65_535);
        foreach (int length in new[] { 1, 100, channel.MaxSize, 0 })
        {
            await channel.SendAsync(new byte[length]).Soon();
            Assert.Equal(length, (await channel.ReceiveAsync().Soon())!.Value.Length);
        }

        await Assert.ThrowsAsync<ArgumentException>(() => channel.SendAsync(new byte[channel.MaxSize + 1]).Soon());
        Assert.Equal(0, await stream.ReadAsync(new byte[1]).Soon());
        stream.Dispose();
        Assert.Null(await channel.ReceiveAsync().Soon());
        await pair.NothingLeftAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("40")]
    [InlineData("d0 00 00 00 00 00 00 00")] // 2^60
    [Rfc(9297, "2.1")]
    public async Task Datagrams_without_a_stream_that_could_be_close_the_connection(string datagram)
    {
        await using EvilClient client = await EvilClient.StartAsync(
            configure: options => options.EnableDatagrams = true, client: options => options.EnableDatagrams = true);
        await client.Connection.SendDatagramAsync(Wire.FromHex(datagram)).Soon();
        await client.ClosedAsync(Http3ErrorCode.DatagramError);
    }

    [Fact]
    [Rfc(9297, "2")]
    public async Task Datagrams_for_a_request_that_knows_none_end_it()
    {
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using EvilClient client = await EvilClient.StartAsync(
            async context =>
            {
                if (context.StreamId == 0)
                {
                    begun.SetResult();
                    await Task.Delay(Timeout.Infinite, context.RequestAborted);
                }
            },
            options => options.EnableDatagrams = true,
            options => options.EnableDatagrams = true);
        QuicStream stream = await client.RequestAsync(EvilClient.GetHeaders);
        await begun.Task.Soon();
        await client.Connection.SendDatagramAsync(new byte[] { 0, 1, 2 }).Soon();
        await client.ResetAsync(stream, Http3ErrorCode.DatagramError);

        // One for a stream that is over is dropped.
        await client.Connection.SendDatagramAsync(new byte[] { 0, 1, 2 }).Soon();
        await client.LivesAsync();
    }

    [Fact]
    [Rfc(9218, "5")]
    public async Task Priorities_are_those_of_the_field_and_of_the_update_before_it()
    {
        await using EvilClient client = await EvilClient.StartAsync(async context =>
            await context.Response.Body.WriteAsync(Encoding.ASCII.GetBytes(context.Request.Priority.ToString())));
        QuicStream plain = await client.RequestAsync(Wire.Headers(Wire.Get));
        Assert.EndsWith("u=3", Encoding.Latin1.GetString(await plain.ReadToEndAsync(1000).Soon()), StringComparison.Ordinal);
        QuicStream field = await client.RequestAsync(Wire.Headers([.. Wire.Get, ("priority", "u=1, i")]));
        Assert.EndsWith("u=1, i", Encoding.Latin1.GetString(await field.ReadToEndAsync(1000).Soon()), StringComparison.Ordinal);
        QuicStream control = await client.OpenControlAsync(Wire.Frame(FrameTypes.PriorityUpdateRequest, [.. Wire.Integer(8), .. "u=6"u8]));

        // It has been read when the unknown stream behind it was refused.
        await control.WriteAsync(Wire.Frame(0x21)).Soon();
        await Task.Delay(200);
        QuicStream updated = await client.RequestAsync(Wire.Headers([.. Wire.Get, ("priority", "u=1, i")]));
        Assert.Equal(8, updated.Id);
        Assert.EndsWith("u=6", Encoding.Latin1.GetString(await updated.ReadToEndAsync(1000).Soon()), StringComparison.Ordinal);
    }

    [Fact]
    [Rfc(9218, "7")]
    public async Task A_client_can_change_the_priority_of_a_response()
    {
        await using EvilServer server = await EvilServer.StartAsync();
        QuicStream control = await server.Connection.AcceptInboundStreamAsync().Soon();
        (QuicStream stream, Task<HttpResponseMessage> response) = await server.GetAsync();
        await stream.WriteAsync(Wire.Join(Wire.Headers((":status", "200")), Wire.Data(1))).Soon();
        using HttpResponseMessage message = await response.Soon();
        server.Client.UpdatePriority(message, new Http3Priority(5, IsIncremental: true));
        byte[] expected = Wire.Frame(FrameTypes.PriorityUpdateRequest, [.. Wire.Integer((ulong)stream.Id), .. "u=5, i"u8]);
        List<byte> received = [];
        byte[] buffer = new byte[100];
        while (!received.TakeLast(expected.Length).SequenceEqual(expected))
        {
            received.AddRange(buffer.AsSpan(0, await control.ReadAsync(buffer).Soon()));
        }
    }

    [Theory]
    [InlineData(10, 9)]
    [InlineData(10, 11)]
    public async Task A_response_that_is_not_of_its_length_is_reset(int declared, int written)
    {
        await using Http3Pair pair = await Http3Pair.CreateAsync(async context =>
        {
            context.Response.Headers["content-length"] = $"{declared}";
            await context.Response.Body.WriteAsync(new byte[written]);
        });
        Exception? thrown = await Record.ExceptionAsync(async () =>
        {
            using HttpResponseMessage response = await pair.GetAsync("/");
            await response.Content.ReadAsByteArrayAsync().Soon();
        });
        HttpRequestException failure = Assert.IsType<HttpRequestException>(thrown);
        Assert.Equal((long)Http3ErrorCode.InternalError, Assert.IsType<HttpProtocolException>(failure.InnerException).ErrorCode);
        await pair.NothingLeftAsync();
    }

    [Fact]
    public async Task Request_trailers_are_there_after_the_content()
    {
        await using EvilClient client = await EvilClient.StartAsync(async context =>
        {
            Assert.Null(context.Request.Trailers);
            await context.Request.BodyStream.CopyToAsync(Stream.Null);
            context.Response.Headers["x-got"] = context.Request.Trailers!["x-sum"];
        });
        QuicStream stream = await client.RequestAsync([.. Wire.Headers(Wire.Post), .. Wire.Data(100), .. Wire.Headers(("x-sum", "seven"))]);
        Assert.NotEmpty(await stream.ReadToEndAsync(1000).Soon());
        await client.NothingLeftAsync();
    }
}
