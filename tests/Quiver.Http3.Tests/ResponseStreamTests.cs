using System.Net;
using Quiver.Http3.Frames;
using Quiver.Http3.Tests.Infrastructure;

namespace Quiver.Http3.Tests;

/// <summary>What a server does wrong, or unusually, on request streams.</summary>
public sealed class ResponseStreamTests
{
    private static readonly byte[] s_ok = Wire.Headers((":status", "200"));
    private static readonly byte[] s_trailers = Wire.Headers(("x-end", "1"));

    public static TheoryData<string, byte[], Http3ErrorCode> WrongFrames => new()
    {
        { "DATA first", Wire.Data(1), Http3ErrorCode.FrameUnexpected },
        { "DATA after an interim response", [.. Wire.Headers((":status", "103")), .. Wire.Data(1)], Http3ErrorCode.FrameUnexpected },
        { "SETTINGS", Wire.Settings(), Http3ErrorCode.FrameUnexpected },
        { "CANCEL_PUSH", Wire.Frame(FrameTypes.CancelPush, 0), Http3ErrorCode.FrameUnexpected },
        { "PUSH_PROMISE", Wire.Frame(FrameTypes.PushPromise, 0), Http3ErrorCode.IdError },
        { "GOAWAY", Wire.Frame(FrameTypes.GoAway, 0), Http3ErrorCode.FrameUnexpected },
        { "MAX_PUSH_ID", Wire.Frame(FrameTypes.MaxPushId, 0), Http3ErrorCode.FrameUnexpected },
        { "PRIORITY_UPDATE", Wire.Frame(FrameTypes.PriorityUpdateRequest, 0), Http3ErrorCode.FrameUnexpected },
        { "HTTP/2 0x6", Wire.Frame(6), Http3ErrorCode.FrameUnexpected },
        { "truncated HEADERS", s_ok[..^1], Http3ErrorCode.FrameError },
        { "static entry 99", Wire.Frame(FrameTypes.Headers, 0, 0, 0xff, 0x24), Http3ErrorCode.QpackDecompressionFailed },
    };

    public static TheoryData<string, byte[], Http3ErrorCode> WrongContent => new()
    {
        { "DATA after trailers", [.. s_ok, .. s_trailers, .. Wire.Data(1)], Http3ErrorCode.FrameUnexpected },
        { "HEADERS after trailers", [.. s_ok, .. s_trailers, .. s_trailers], Http3ErrorCode.FrameUnexpected },
        { "truncated DATA", [.. s_ok, 0x00, 0x05, 1, 2], Http3ErrorCode.FrameError },
        { "SETTINGS", [.. s_ok, .. Wire.Data(3), .. Wire.Settings()], Http3ErrorCode.FrameUnexpected },
    };

    [Theory]
    [MemberData(nameof(WrongFrames))]
    [Rfc(9114, "4.1")]
    public async Task Wrong_frames_close_the_connection(string what, byte[] bytes, Http3ErrorCode code)
    {
        Assert.NotEmpty(what);
        await using EvilServer server = await EvilServer.StartAsync();
        (QuicStream stream, Task<HttpResponseMessage> response) = await server.GetAsync();
        await stream.WriteAsync(bytes, completeWrites: true).Soon();
        HttpRequestException thrown = await Assert.ThrowsAsync<HttpRequestException>(() => response.Soon());
        Assert.Equal(HttpRequestError.HttpProtocolError, thrown.HttpRequestError);
        Assert.Equal((long)code, Assert.IsType<HttpProtocolException>(thrown.InnerException).ErrorCode);
        await server.ClosedAsync(code);
        await Eventually.EqualAsync(0, () => server.Client.ActiveRequests);
    }

    [Theory]
    [MemberData(nameof(WrongContent))]
    [Rfc(9114, "4.1")]
    public async Task Wrong_frames_in_content_close_the_connection(string what, byte[] bytes, Http3ErrorCode code)
    {
        Assert.NotEmpty(what);
        await using EvilServer server = await EvilServer.StartAsync();
        (QuicStream stream, Task<HttpResponseMessage> response) = await server.GetAsync();
        await stream.WriteAsync(bytes, completeWrites: true).Soon();
        using HttpResponseMessage message = await response.Soon();
        HttpRequestException thrown = await Assert.ThrowsAsync<HttpRequestException>(() => message.Content.ReadAsByteArrayAsync().Soon());
        Assert.Equal((long)code, Assert.IsType<HttpProtocolException>(thrown.InnerException).ErrorCode);
        await server.ClosedAsync(code);
        await Eventually.EqualAsync(0, () => server.Client.ActiveRequests);
    }

    [Theory]
    [InlineData("no status", "x: y")]
    [InlineData("no fields", "")]
    [InlineData("status 101", ":status: 101")]
    [InlineData("status of two digits", ":status: 20")]
    [InlineData("status of letters", ":status: abc")]
    [InlineData("status with sign", ":status: +20")]
    [InlineData("two of them", ":status: 200|:status: 200")]
    [InlineData("status after a field", "x: y|:status: 200")]
    [InlineData("pseudo-header of requests", ":status: 200|:path: /")]
    [InlineData("upper case", ":status: 200|X-Test: 1")]
    [InlineData("connection", ":status: 200|connection: close")]
    [InlineData("transfer-encoding", ":status: 200|transfer-encoding: chunked")]
    [InlineData("te", ":status: 200|te: trailers")]
    [InlineData("CR in value", ":status: 200|x: a\rb")]
    [InlineData("content-length that is none", ":status: 200|content-length: 1x")]
    [Rfc(9114, "4.1.2")]
    [Rfc(9114, "4.3.2")]
    public async Task Malformed_responses_are_refused(string what, string fields)
    {
        Assert.NotEmpty(what);
        await using EvilServer server = await EvilServer.StartAsync();
        (QuicStream stream, Task<HttpResponseMessage> response) = await server.GetAsync();
        await stream.WriteAsync(Wire.Headers(RequestStreamTests.Parse(fields))).Soon();
        HttpRequestException thrown = await Assert.ThrowsAsync<HttpRequestException>(() => response.Soon());
        Assert.Equal(HttpRequestError.InvalidResponse, thrown.HttpRequestError);
        await EndedAsync(server, stream, Http3ErrorCode.MessageError);
    }

    [Theory]
    [InlineData(5, 4)]
    [InlineData(5, 6)]
    [InlineData(5, 0)]
    [Rfc(9114, "4.1.2")]
    public async Task Content_that_is_not_of_its_length_is_malformed(int declared, int sent)
    {
        await using EvilServer server = await EvilServer.StartAsync();
        (QuicStream stream, Task<HttpResponseMessage> response) = await server.GetAsync();
        await stream.WriteAsync(Wire.Headers((":status", "200"), ("content-length", $"{declared}"))).Soon();
        await stream.WriteAsync(sent == 0 ? Array.Empty<byte>() : Wire.Data(sent), completeWrites: true).Soon();
        using HttpResponseMessage message = await response.Soon();
        HttpRequestException thrown = await Assert.ThrowsAsync<HttpRequestException>(() => message.Content.ReadAsByteArrayAsync().Soon());
        Assert.Equal(HttpRequestError.InvalidResponse, thrown.HttpRequestError);
        await Eventually.EqualAsync(0, () => server.Client.ActiveRequests);
    }

    [Theory]
    [InlineData("HEAD", "200")]
    [InlineData("GET", "204")]
    [InlineData("GET", "304")]
    [Rfc(9114, "4.1.2")]
    public async Task Content_where_none_can_be_is_malformed(string method, string status)
    {
        await using EvilServer server = await EvilServer.StartAsync();
        (QuicStream stream, Task<HttpResponseMessage> response) = await server.GetAsync(new HttpMethod(method));
        await stream.WriteAsync(Wire.Join(Wire.Headers((":status", status), ("content-length", "3")), Wire.Data(3)), completeWrites: true).Soon();
        HttpRequestException thrown = await Assert.ThrowsAsync<HttpRequestException>(() => response.Soon());
        Assert.Equal(HttpRequestError.InvalidResponse, thrown.HttpRequestError);
        await Eventually.EqualAsync(0, () => server.Client.ActiveRequests);
    }

    [Fact]
    [Rfc(9114, "4.1")]
    public async Task A_stream_without_a_response_is_an_error()
    {
        await using EvilServer server = await EvilServer.StartAsync();
        (QuicStream stream, Task<HttpResponseMessage> response) = await server.GetAsync();
        await stream.WriteAsync(Wire.Headers((":status", "103")), completeWrites: true).Soon();
        HttpRequestException thrown = await Assert.ThrowsAsync<HttpRequestException>(() => response.Soon());
        Assert.Equal(HttpRequestError.ResponseEnded, thrown.HttpRequestError);
        await Eventually.EqualAsync(0, () => server.Client.ActiveRequests);
    }

    [Fact]
    public async Task Interim_responses_without_end_are_too_much()
    {
        await using EvilServer server = await EvilServer.StartAsync();
        (QuicStream stream, Task<HttpResponseMessage> response) = await server.GetAsync();
        byte[] interim = Wire.Headers((":status", "103"));
        await stream.WriteAsync(Enumerable.Repeat(interim, 1000).SelectMany(x => x).ToArray()).Soon();
        await Assert.ThrowsAsync<HttpRequestException>(() => response.Soon());
        await EndedAsync(server, stream, Http3ErrorCode.ExcessiveLoad);
    }

    [Fact]
    [Rfc(9114, "4.2.2")]
    public async Task Too_many_fields_end_the_request()
    {
        await using EvilServer server = await EvilServer.StartAsync(options => options.MaxResponseHeadersLength = 1);
        (QuicStream stream, Task<HttpResponseMessage> response) = await server.GetAsync();
        await stream.WriteAsync(Wire.Frame(FrameTypes.Headers, [0, 0, 0xd9, .. Enumerable.Repeat((byte)0xc2, 30)])).Soon();
        HttpRequestException thrown = await Assert.ThrowsAsync<HttpRequestException>(() => response.Soon());
        Assert.Equal(HttpRequestError.ConfigurationLimitExceeded, thrown.HttpRequestError);
        await EndedAsync(server, stream, Http3ErrorCode.ExcessiveLoad);
    }

    [Theory]
    [InlineData(Http3ErrorCode.RequestRejected, Http3RetryMode.OtherConnection)]
    [InlineData(Http3ErrorCode.VersionFallback, Http3RetryMode.OtherVersion)]
    [Rfc(9114, "4.1.1")]
    public async Task What_the_server_rejects_can_be_sent_again(Http3ErrorCode code, Http3RetryMode mode)
    {
        await using EvilServer server = await EvilServer.StartAsync();
        (QuicStream stream, Task<HttpResponseMessage> response) = await server.GetAsync();
        stream.Abort(QuicAbortDirection.Both, (long)code);
        Http3RequestNotProcessedException thrown = await Assert.ThrowsAsync<Http3RequestNotProcessedException>(() => response.Soon());
        Assert.Equal(mode, thrown.RetryMode);
        Assert.True(server.Client.CanSend);
        await Eventually.EqualAsync(0, () => server.Client.ActiveRequests);
    }

    [Fact]
    public async Task What_the_server_resets_otherwise_cannot()
    {
        await using EvilServer server = await EvilServer.StartAsync();
        (QuicStream stream, Task<HttpResponseMessage> response) = await server.GetAsync();
        stream.Abort(QuicAbortDirection.Both, (long)Http3ErrorCode.InternalError);
        HttpRequestException thrown = await Assert.ThrowsAsync<HttpRequestException>(() => response.Soon());
        Assert.Equal((long)Http3ErrorCode.InternalError, Assert.IsType<HttpProtocolException>(thrown.InnerException).ErrorCode);
        await Eventually.EqualAsync(0, () => server.Client.ActiveRequests);
    }

    [Fact]
    [Rfc(9114, "5.2")]
    public async Task GOAWAY_ends_what_the_server_will_not_process()
    {
        await using EvilServer server = await EvilServer.StartAsync();
        int changes = 0;
        server.Client.StateChanged += (_, _) => Interlocked.Increment(ref changes);
        (QuicStream first, Task<HttpResponseMessage> processed) = await server.GetAsync();
        (QuicStream second, Task<HttpResponseMessage> rejected) = await server.GetAsync();
        Assert.Equal(0, first.Id);
        Assert.Equal(4, second.Id);
        await server.OpenControlAsync(Wire.Frame(FrameTypes.GoAway, 4));
        Http3RequestNotProcessedException thrown = await Assert.ThrowsAsync<Http3RequestNotProcessedException>(() => rejected.Soon());
        Assert.Equal(Http3RetryMode.OtherConnection, thrown.RetryMode);
        Assert.False(server.Client.CanSend);
        await Eventually.EqualAsync(true, () => Volatile.Read(ref changes) >= 2);
        await Assert.ThrowsAsync<Http3RequestNotProcessedException>(
            () => server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Get, "https://localhost/")).Soon());
        await first.WriteAsync(s_ok, completeWrites: true).Soon();
        using HttpResponseMessage response = await processed.Soon();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync().Soon());
        await Eventually.EqualAsync(0, () => server.Client.ActiveRequests);
    }

    [Fact]
    [Rfc(9114, "4.1")]
    public async Task A_response_counts_though_the_server_stopped_the_request()
    {
        await using EvilServer server = await EvilServer.StartAsync();
        using HttpRequestMessage request = new(HttpMethod.Post, "https://localhost/") { Content = new ByteArrayContent(new byte[10_000_000]) };
        Task<HttpResponseMessage> sending = server.Client.SendAsync(request);
        QuicStream stream;
        do
        {
            stream = await server.Connection.AcceptInboundStreamAsync().Soon();
        }
        while (stream.Type != QuicStreamType.Bidirectional);

        stream.CloseRead((long)Http3ErrorCode.NoError);
        await stream.WriteAsync(Wire.Join(Wire.Headers((":status", "413")), Wire.Data(5)), completeWrites: true).Soon();
        using HttpResponseMessage response = await sending.Soon();
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal(5, (await response.Content.ReadAsByteArrayAsync().Soon()).Length);
        await Eventually.EqualAsync(0, () => server.Client.ActiveRequests);
    }

    [Fact]
    [Rfc(9114, "9")]
    public async Task Unknown_frames_are_skipped()
    {
        await using EvilServer server = await EvilServer.StartAsync();
        (QuicStream stream, Task<HttpResponseMessage> response) = await server.GetAsync();
        byte[] grease = Wire.Frame(0x21 + (0x1f * 1000), new byte[10_000]);
        byte[] all = [.. grease, .. s_ok, .. grease, .. Wire.Data(10), .. grease, .. Wire.Data(0), .. Wire.Data(20), .. grease, .. s_trailers, .. grease];
        for (int i = 0; i < all.Length; i += 777)
        {
            await stream.WriteAsync(all.AsMemory(i, Math.Min(777, all.Length - i))).Soon();
        }

        stream.CompleteWrites();
        using HttpResponseMessage message = await response.Soon();
        Assert.Equal(30, (await message.Content.ReadAsByteArrayAsync().Soon()).Length);
        Assert.Equal("1", Assert.Single(message.TrailingHeaders.GetValues("x-end")));
    }

    [Fact]
    public async Task Content_that_throws_ends_the_request()
    {
        await using EvilServer server = await EvilServer.StartAsync();
        using HttpRequestMessage request = new(HttpMethod.Post, "https://localhost/") { Content = new ThrowingContent() };
        HttpRequestException thrown = await Assert.ThrowsAsync<HttpRequestException>(() => server.Client.SendAsync(request).Soon());
        Assert.Equal("On purpose.", (thrown.InnerException ?? thrown).Message);
        await Eventually.EqualAsync(0, () => server.Client.ActiveRequests);
    }

    [Fact]
    [Rfc(9114, "6.1")]
    public async Task A_bidirectional_stream_of_the_server_closes_the_connection()
    {
        await using EvilServer server = await EvilServer.StartAsync(quic: options => options.MaxInboundBidirectionalStreams = 1);
        QuicStream stream = await server.Connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await stream.WriteAsync(new byte[] { 0 }).Soon();
        await server.ClosedAsync(Http3ErrorCode.StreamCreationError);
    }

    [Fact]
    public async Task A_response_that_is_lost_is_ended()
    {
        await using EvilServer server = await EvilServer.StartAsync();
        QuicStream stream = await LoseAsync(server);
        await Eventually.EqualAsync(0, () =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return server.Client.ActiveRequests;
        });
        QuicException stopped = await Assert.ThrowsAsync<QuicException>(() => stream.WritesClosed.Soon());
        Assert.Equal((long)Http3ErrorCode.RequestCancelled, stopped.ApplicationErrorCode);
    }

    private static async Task<QuicStream> LoseAsync(EvilServer server)
    {
        (QuicStream stream, Task<HttpResponseMessage> response) = await server.GetAsync();
        await stream.WriteAsync(Wire.Join(s_ok, Wire.Data(10))).Soon();
        Assert.Equal(HttpStatusCode.OK, (await response.Soon()).StatusCode);
        return stream;
    }

    /// <summary>The client has ended both halves with the code, and lives.</summary>
    private static async Task EndedAsync(EvilServer server, QuicStream stream, Http3ErrorCode code)
    {
        QuicException stopped = await Assert.ThrowsAsync<QuicException>(() => stream.WritesClosed.Soon());
        Assert.Equal(code, (Http3ErrorCode)stopped.ApplicationErrorCode!);
        await Eventually.EqualAsync(0, () => server.Client.ActiveRequests);
        Assert.True(server.Client.CanSend);
    }

    private sealed class ThrowingContent : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(new byte[100]);
            throw new IOException("On purpose.");
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
