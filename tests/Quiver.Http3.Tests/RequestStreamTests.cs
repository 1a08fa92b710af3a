using Quiver.Http3.Frames;
using Quiver.Http3.Qpack;
using Quiver.Http3.Sessions;
using Quiver.Http3.Tests.Infrastructure;

namespace Quiver.Http3.Tests;

/// <summary>What a client does wrong on its request streams: rows A149 to A170 of the attacks.</summary>
public sealed class RequestStreamTests
{
    private static readonly byte[] s_get = Wire.Headers(Wire.Get);
    private static readonly byte[] s_trailers = Wire.Headers(("x-end", "1"));

    public static TheoryData<string, byte[], Http3ErrorCode> WrongFrames => new()
    {
        { "DATA first", Wire.Data(1), Http3ErrorCode.FrameUnexpected },
        { "SETTINGS", Wire.Settings(), Http3ErrorCode.FrameUnexpected },
        { "SETTINGS later", [.. s_get, .. Wire.Settings()], Http3ErrorCode.FrameUnexpected },
        { "CANCEL_PUSH", Wire.Frame(FrameTypes.CancelPush, 0), Http3ErrorCode.FrameUnexpected },
        { "PUSH_PROMISE", Wire.Frame(FrameTypes.PushPromise, 0), Http3ErrorCode.FrameUnexpected },
        { "GOAWAY", Wire.Frame(FrameTypes.GoAway, 0), Http3ErrorCode.FrameUnexpected },
        { "MAX_PUSH_ID", Wire.Frame(FrameTypes.MaxPushId, 0), Http3ErrorCode.FrameUnexpected },
        { "PRIORITY_UPDATE", Wire.Frame(FrameTypes.PriorityUpdateRequest, 0), Http3ErrorCode.FrameUnexpected },
        { "HTTP/2 0x2", Wire.Frame(2), Http3ErrorCode.FrameUnexpected },
        { "HTTP/2 0x6", Wire.Frame(6), Http3ErrorCode.FrameUnexpected },
        { "HTTP/2 0x8", Wire.Frame(8), Http3ErrorCode.FrameUnexpected },
        { "HTTP/2 0x9", Wire.Frame(9), Http3ErrorCode.FrameUnexpected },
        { "DATA after trailers", [.. s_get, .. s_trailers, .. Wire.Data(1)], Http3ErrorCode.FrameUnexpected },
        { "HEADERS after trailers", [.. s_get, .. s_trailers, .. s_trailers], Http3ErrorCode.FrameUnexpected },
        { "truncated type", [.. s_get, 0x40], Http3ErrorCode.FrameError },
        { "truncated HEADERS", s_get[..^1], Http3ErrorCode.FrameError },
        { "truncated DATA", [.. s_get, 0x00, 0x05, 1, 2], Http3ErrorCode.FrameError },
        { "truncated unknown frame", [.. s_get, 0x21, 0x05, 1, 2], Http3ErrorCode.FrameError },
        { "empty HEADERS", Wire.Frame(FrameTypes.Headers), Http3ErrorCode.QpackDecompressionFailed },
        { "static entry 99", Wire.Frame(FrameTypes.Headers, 0, 0, 0xff, 0x24), Http3ErrorCode.QpackDecompressionFailed },
        { "dynamic entry that is not there", Wire.Frame(FrameTypes.Headers, 0, 0, 0x80), Http3ErrorCode.QpackDecompressionFailed },
        { "tunnel with HEADERS", [.. Wire.Headers((":method", "CONNECT"), (":authority", "a:1")), .. s_trailers], Http3ErrorCode.FrameUnexpected },
    };

    public static TheoryData<string, string> Malformed => new()
    {
        { "no method", ":scheme: https|:authority: localhost|:path: /" },
        { "no scheme", ":method: GET|:authority: localhost|:path: /" },
        { "no path", ":method: GET|:scheme: https|:authority: localhost" },
        { "no authority", ":method: GET|:scheme: https|:path: /" },
        { "empty authority", ":method: GET|:scheme: https|:authority: |:path: /" },
        { "empty Host", ":method: GET|:scheme: https|:path: /|host: " },
        { "empty path", ":method: GET|:scheme: https|:authority: localhost|:path: " },
        { "relative path", ":method: GET|:scheme: https|:authority: localhost|:path: x" },
        { "asterisk for GET", ":method: GET|:scheme: https|:authority: localhost|:path: *" },
        { "path with space", ":method: GET|:scheme: https|:authority: localhost|:path: /a b" },
        { "path with fragment", ":method: GET|:scheme: https|:authority: localhost|:path: /a#b" },
        { "path with newline", ":method: GET|:scheme: https|:authority: localhost|:path: /a\nb" },
        { "empty method", ":method: |:scheme: https|:authority: localhost|:path: /" },
        { "method with space", ":method: GET /|:scheme: https|:authority: localhost|:path: /" },
        { "empty scheme", ":method: GET|:scheme: |:authority: localhost|:path: /" },
        { "scheme that is none", ":method: GET|:scheme: ht tp|:authority: localhost|:path: /" },
        { "authority with user", ":method: GET|:scheme: https|:authority: user@localhost|:path: /" },
        { "authority with path", ":method: GET|:scheme: https|:authority: localhost/x|:path: /" },
        { "method twice", ":method: GET|:method: GET|:scheme: https|:authority: localhost|:path: /" },
        { "path twice", ":method: GET|:scheme: https|:authority: localhost|:path: /|:path: /" },
        { "authority twice", ":method: GET|:scheme: https|:authority: localhost|:authority: localhost|:path: /" },
        { "unknown pseudo-header", ":method: GET|:scheme: https|:authority: localhost|:path: /|:unknown: x" },
        { "pseudo-header of responses", ":method: GET|:scheme: https|:authority: localhost|:path: /|:status: 200" },
        { "pseudo-header after a field", ":method: GET|:scheme: https|:authority: localhost|x: y|:path: /" },
        { ":protocol without CONNECT", ":method: GET|:scheme: https|:authority: localhost|:path: /|:protocol: websocket" },
        { "other Host", ":method: GET|:scheme: https|:authority: localhost|:path: /|host: other" },
        { "two Hosts", ":method: GET|:scheme: https|:path: /|host: localhost|host: localhost" },
        { "upper case", ":method: GET|:scheme: https|:authority: localhost|:path: /|X-Test: 1" },
        { "name with space", ":method: GET|:scheme: https|:authority: localhost|:path: /|x test: 1" },
        { "empty name", ":method: GET|:scheme: https|:authority: localhost|:path: /|: 1" },
        { "name with colon", ":method: GET|:scheme: https|:authority: localhost|:path: /|x:y: 1" },
        { "CR in value", ":method: GET|:scheme: https|:authority: localhost|:path: /|x: a\rb" },
        { "LF in value", ":method: GET|:scheme: https|:authority: localhost|:path: /|x: a\nb" },
        { "NUL in value", ":method: GET|:scheme: https|:authority: localhost|:path: /|x: a\0b" },
        { "space before value", ":method: GET|:scheme: https|:authority: localhost|:path: /|x:  a" },
        { "space after value", ":method: GET|:scheme: https|:authority: localhost|:path: /|x: a " },
        { "connection", ":method: GET|:scheme: https|:authority: localhost|:path: /|connection: close" },
        { "keep-alive", ":method: GET|:scheme: https|:authority: localhost|:path: /|keep-alive: 1" },
        { "proxy-connection", ":method: GET|:scheme: https|:authority: localhost|:path: /|proxy-connection: close" },
        { "transfer-encoding", ":method: GET|:scheme: https|:authority: localhost|:path: /|transfer-encoding: chunked" },
        { "upgrade", ":method: GET|:scheme: https|:authority: localhost|:path: /|upgrade: websocket" },
        { "te", ":method: GET|:scheme: https|:authority: localhost|:path: /|te: gzip" },
        { "content-length that is none", ":method: GET|:scheme: https|:authority: localhost|:path: /|content-length: x" },
        { "negative content-length", ":method: GET|:scheme: https|:authority: localhost|:path: /|content-length: -1" },
        { "two content-lengths", ":method: GET|:scheme: https|:authority: localhost|:path: /|content-length: 0|content-length: 1" },
        { "list of content-lengths", ":method: GET|:scheme: https|:authority: localhost|:path: /|content-length: 0, 1" },
        { "CONNECT with path", ":method: CONNECT|:authority: localhost:1|:path: /" },
        { "CONNECT with scheme", ":method: CONNECT|:scheme: https|:authority: localhost:1" },
        { "CONNECT without authority", ":method: CONNECT" },
        { "CONNECT without port", ":method: CONNECT|:authority: localhost" },
        { "extended CONNECT without path", ":method: CONNECT|:protocol: websocket|:scheme: https|:authority: localhost" },
        { "extended CONNECT without scheme", ":method: CONNECT|:protocol: websocket|:path: /|:authority: localhost" },
        { "extended CONNECT without authority", ":method: CONNECT|:protocol: websocket|:scheme: https|:path: /" },
        { "no fields", "" },
    };

    [Theory]
    [MemberData(nameof(WrongFrames))]
    [Rfc(9114, "4.1")]
    [Rfc(9114, "7.1")]
    public async Task Wrong_frames_close_the_connection(string what, byte[] bytes, Http3ErrorCode code)
    {
        Assert.NotEmpty(what);
        await using EvilClient client = await EvilClient.StartAsync(ReadAll);
        await client.RequestAsync(bytes);
        await client.ClosedAsync(code);
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    [Rfc(9114, "4.1.2")]
    [Rfc(9114, "4.3")]
    public async Task Malformed_requests_are_reset(string what, string fields)
    {
        Assert.NotEmpty(what);
        await using EvilClient client = await EvilClient.StartAsync(ReadAll);
        QuicStream stream = await client.RequestAsync(Wire.Headers(Parse(fields)));
        await client.ResetAsync(stream, Http3ErrorCode.MessageError);
        await client.NothingLeftAsync();
    }

    [Theory]
    [InlineData("Host alone", ":method: GET|:scheme: https|:path: /|host: localhost")]
    [InlineData("Host and authority", ":method: GET|:scheme: https|:authority: localhost|:path: /|host: localhost")]
    [InlineData("asterisk", ":method: OPTIONS|:scheme: https|:authority: localhost|:path: *")]
    [InlineData("te", ":method: GET|:scheme: https|:authority: localhost|:path: /|te: trailers")]
    [InlineData("content-length twice", ":method: GET|:scheme: https|:authority: localhost|:path: /|content-length: 0|content-length: 0, 0")]
    [InlineData("tab and high bytes", ":method: GET|:scheme: https|:authority: localhost|:path: /|x: a\tb\u00ff")]
    [InlineData("unknown method and port", ":method: BREW|:scheme: https|:authority: localhost:123|:path: /")]
    public async Task Well_formed_requests_are_answered(string what, string fields)
    {
        Assert.NotEmpty(what);
        await using EvilClient client = await EvilClient.StartAsync(ReadAll);
        QuicStream stream = await client.RequestAsync(Wire.Headers(Parse(fields)));
        Assert.NotEmpty(await stream.ReadToEndAsync(1 << 16).Soon());
        await client.NothingLeftAsync();
    }

    [Theory]
    [InlineData(5, 4)]
    [InlineData(5, 6)]
    [InlineData(5, 0)]
    [InlineData(0, 1)]
    [Rfc(9114, "4.1.2")]
    public async Task Content_that_is_not_of_its_length_is_malformed(int declared, int sent)
    {
        await using EvilClient client = await EvilClient.StartAsync(ReadAll);
        byte[] data = sent == 0 ? [] : Wire.Data(sent);
        QuicStream stream = await client.RequestAsync([.. Wire.Headers([.. Wire.Post, ("content-length", $"{declared}")]), .. data]);
        await client.ResetAsync(stream, Http3ErrorCode.MessageError);
        await client.NothingLeftAsync();
    }

    [Theory]
    [InlineData(":status: 200")]
    [InlineData(":path: /")]
    [InlineData("X-Test: 1")]
    [InlineData("connection: close")]
    [InlineData("te: trailers")]
    [Rfc(9114, "4.3")]
    public async Task Malformed_trailers_are_malformed(string trailers)
    {
        await using EvilClient client = await EvilClient.StartAsync(ReadAll);
        QuicStream stream = await client.RequestAsync([.. s_get, .. Wire.Data(3), .. Wire.Headers(Parse(trailers))]);
        await client.ResetAsync(stream, Http3ErrorCode.MessageError);
        await client.NothingLeftAsync();
    }

    [Fact]
    [Rfc(9114, "4.1")]
    public async Task A_stream_without_a_request_is_incomplete()
    {
        await using EvilClient client = await EvilClient.StartAsync();
        await client.ResetAsync(await client.RequestAsync(Wire.Frame(0x21, 1)), Http3ErrorCode.RequestIncomplete);
        await client.NothingLeftAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Rfc(9114, "4.2.2")]
    public async Task Too_many_fields_are_answered_with_431(bool isTrailer)
    {
        await using EvilClient client = await EvilClient.StartAsync(ReadAll, options => options.MaxRequestHeadersSize = 2000);

        // As few bytes as can be: a reference of one byte is a field of 41 bytes. Row A163.
        byte[] bomb = Wire.Frame(FrameTypes.Headers, [.. Wire.Section(isTrailer ? [] : Wire.Get), .. Enumerable.Repeat((byte)0xc2, 60)]);
        QuicStream stream = await client.RequestAsync(isTrailer ? [.. s_get, .. Wire.Data(1), .. bomb] : bomb);
        if (isTrailer)
        {
            await client.ResetAsync(stream, Http3ErrorCode.ExcessiveLoad);
        }
        else
        {
            Assert.Equal("431", (await ReadHeadAsync(stream))[":status"]);
        }

        await client.LivesAsync();
        await client.NothingLeftAsync();
    }

    [Theory]
    [InlineData("01 80 00 80 01")] // 32,769 bytes
    [InlineData("01 ff ff ff ff ff ff ff ff")] // 2^62 - 1
    public async Task A_length_that_lies_costs_no_memory(string header)
    {
        await using EvilClient client = await EvilClient.StartAsync();
        QuicStream stream = await client.BeginRequestAsync(Wire.FromHex(header));
        Assert.Equal("431", (await ReadHeadAsync(stream))[":status"]);
        await client.LivesAsync();
        await client.NothingLeftAsync();
    }

    [Fact]
    public async Task Empty_DATA_frames_without_end_are_too_much()
    {
        await using EvilClient client = await EvilClient.StartAsync(ReadAll);
        QuicStream stream = await client.BeginRequestAsync(Wire.Headers(Wire.Post));
        await Assert.ThrowsAsync<QuicException>(async () =>
        {
            await stream.WriteAsync(new byte[6 * WorkBudget.Capacity]).Soon();
            await stream.WritesClosed.Soon();
        });
        await client.ClosedAsync(Http3ErrorCode.ExcessiveLoad);
    }

    /// <summary>Row A162: what HTTP/2 knows as rapid reset.</summary>
    [Fact]
    public async Task Requests_that_are_cancelled_without_end_are_too_much()
    {
        TaskCompletionSource never = new();
        int running = 0, most = 0;
        await using EvilClient client = await EvilClient.StartAsync(
            async context =>
            {
                int now = Interlocked.Increment(ref running);
                most = Math.Max(most, now);
                await Task.WhenAny(never.Task, Task.Delay(Timeout.Infinite, context.RequestAborted));
                Interlocked.Decrement(ref running);
            },
            options => options.MaxConcurrentRequests = 10);
        await Assert.ThrowsAsync<QuicException>(async () =>
        {
            for (int i = 0; i < 5 * WorkBudget.Capacity; i++)
            {
                QuicStream stream = await client.Connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
                await stream.WriteAsync(s_get);
                stream.Abort(QuicAbortDirection.Both, (long)Http3ErrorCode.RequestCancelled);
            }
        });
        await client.ClosedAsync(Http3ErrorCode.ExcessiveLoad);
        Assert.InRange(most, 0, 20);
    }

    /// <summary>Row A187: the insertion never comes.</summary>
    [Fact]
    [Rfc(9204, "2.2.2.2")]
    public async Task A_blocked_request_that_is_reset_leaves_nothing()
    {
        await using EvilClient client = await EvilClient.StartAsync();
        QuicStream stream = await client.BeginRequestAsync(Wire.Frame(FrameTypes.Headers, 0x02, 0x00, 0x80));
        await client.LivesAsync();
        stream.Abort(QuicAbortDirection.Both, (long)Http3ErrorCode.RequestCancelled);
        await client.NothingLeftAsync();
    }

    [Fact]
    [Rfc(9204, "2.2.1")]
    public async Task A_blocked_request_goes_on_when_its_insertion_comes()
    {
        await using EvilClient client = await EvilClient.StartAsync(context =>
        {
            context.Response.Headers["x-got"] = context.Request.Headers["x-late"];
            return Task.CompletedTask;
        });
        QuicStream encoder = await client.OpenAsync(0x02, 0x3f, 0xe1, 0x1f); // A capacity of 4,096.
        QuicStream stream = await client.RequestAsync(Wire.Frame(FrameTypes.Headers, [0x02, 0x00, .. Wire.Section(Wire.Get)[2..], 0x80]));
        await client.LivesAsync();
        byte[] insertion = [0x46, .. "x-late"u8, 0x05, .. "value"u8];
        await encoder.WriteAsync(insertion).Soon();
        Assert.Equal("value", (await ReadHeadAsync(stream))["x-got"]);
        await client.NothingLeftAsync();
    }

    [Fact]
    [Rfc(9204, "2.1.2")]
    public async Task More_blocked_requests_than_allowed_close_the_connection()
    {
        await using EvilClient client = await EvilClient.StartAsync(configure: options => options.QpackBlockedStreams = 3);
        for (int i = 0; i < 4; i++)
        {
            await client.BeginRequestAsync(Wire.Frame(FrameTypes.Headers, 0x02, 0x00, 0x80));
        }

        await client.ClosedAsync(Http3ErrorCode.QpackDecompressionFailed);
    }

    [Fact]
    [Rfc(9114, "4.1")]
    public async Task A_response_that_needs_no_more_of_the_request_stops_it()
    {
        await using EvilClient client = await EvilClient.StartAsync();
        QuicStream stream = await client.BeginRequestAsync([.. Wire.Headers(Wire.Post), .. Wire.Data(100)]);
        Assert.NotEmpty(await stream.ReadToEndAsync(1 << 16).Soon());
        QuicException stopped = await Assert.ThrowsAsync<QuicException>(() => stream.WritesClosed.Soon());
        Assert.Equal((long)Http3ErrorCode.NoError, stopped.ApplicationErrorCode);
        await client.NothingLeftAsync();
    }

    [Fact]
    [Rfc(9114, "4.2.1")]
    public async Task Cookies_are_one_field()
    {
        await using EvilClient client = await EvilClient.StartAsync(context =>
        {
            context.Response.Headers["x-got"] = context.Request.Headers["cookie"];
            return Task.CompletedTask;
        });
        QuicStream stream = await client.RequestAsync(Wire.Headers([.. Wire.Get, ("cookie", "a=1"), ("x", "y"), ("cookie", "b=2")]));
        Assert.Equal("a=1; b=2", (await ReadHeadAsync(stream))["x-got"]);
    }

    internal static (string Name, string Value)[] Parse(string fields) =>
    [
        .. fields.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(line =>
        {
            int colon = line.IndexOf(": ", 1, StringComparison.Ordinal);
            return line.StartsWith(": ", StringComparison.Ordinal) ? ("", line[2..]) : (line[..colon], line[(colon + 2)..]);
        }),
    ];

    private static async Task ReadAll(Http3Context context)
    {
        if (context.Request.Method == "CONNECT")
        {
            await using Http3TunnelStream tunnel = await context.AcceptTunnelAsync();
            await tunnel.CopyToAsync(Stream.Null);
            return;
        }

        await context.Request.BodyStream.CopyToAsync(Stream.Null);
    }

    /// <summary>The first header section of a response, which refers to the static table only.</summary>
    private static async Task<Dictionary<string, string>> ReadHeadAsync(QuicStream stream)
    {
        byte[] all = await stream.ReadToEndAsync(1 << 16).Soon();
        Assert.Equal(FrameTypes.Headers, all[0]);
        Assert.True(VarInt.TryRead(all.AsSpan(1), out ulong length, out int lengthLength));
        List<FieldLine> lines = [];
        new QpackDecoder(0, 0, 1 << 16).Decode(0, all.AsSpan(1 + lengthLength, (int)length), lines);
        return lines.ToDictionary(x => x.Name, x => x.Value);
    }
}
