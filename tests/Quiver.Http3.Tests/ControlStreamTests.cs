using Quiver.Http3.Frames;
using Quiver.Http3.Sessions;
using Quiver.Http3.Tests.Infrastructure;

namespace Quiver.Http3.Tests;

/// <summary>What a peer does wrong on its unidirectional streams closes the connection with the RFC's code. Rows A149 to A160 of the attacks.</summary>
public sealed class ControlStreamTests
{
    /// <summary>Streams, each in hex, a slash between them; wrong whoever sends them.</summary>
    public static TheoryData<string, Http3ErrorCode> WrongForBoth => new()
    {
        { "00 07 01 00", Http3ErrorCode.MissingSettings }, // GOAWAY first
        { "00 21 00 04 00", Http3ErrorCode.MissingSettings }, // grease first
        { "00 04 00 04 00", Http3ErrorCode.FrameUnexpected }, // SETTINGS twice
        { "00 04 00 00 00", Http3ErrorCode.FrameUnexpected }, // DATA
        { "00 04 00 01 00", Http3ErrorCode.FrameUnexpected }, // HEADERS
        { "00 04 00 05 01 00", Http3ErrorCode.FrameUnexpected }, // PUSH_PROMISE
        { "00 04 00 02 00", Http3ErrorCode.FrameUnexpected }, // PRIORITY of HTTP/2
        { "00 04 00 06 00", Http3ErrorCode.FrameUnexpected }, // PING of HTTP/2
        { "00 04 00 08 00", Http3ErrorCode.FrameUnexpected }, // WINDOW_UPDATE of HTTP/2
        { "00 04 00 09 00", Http3ErrorCode.FrameUnexpected }, // CONTINUATION of HTTP/2
        { "00 04 04 06 01 06 02", Http3ErrorCode.SettingsError }, // the same setting twice
        { "00 04 04 33 01 33 01", Http3ErrorCode.SettingsError },
        { "00 04 02 00 00", Http3ErrorCode.SettingsError }, // settings of HTTP/2
        { "00 04 02 02 00", Http3ErrorCode.SettingsError },
        { "00 04 02 03 01", Http3ErrorCode.SettingsError },
        { "00 04 02 04 01", Http3ErrorCode.SettingsError },
        { "00 04 02 05 01", Http3ErrorCode.SettingsError },
        { "00 04 02 08 02", Http3ErrorCode.SettingsError }, // neither 0 nor 1
        { "00 04 02 33 02", Http3ErrorCode.SettingsError },
        { "00 04 01 06", Http3ErrorCode.FrameError }, // a setting without value
        { "00 04 02 06 40", Http3ErrorCode.FrameError },
        { "00 04 50 01", Http3ErrorCode.ExcessiveLoad }, // SETTINGS of 4,097 bytes
        { "00 04 c0 00 00 01 00 00 00 00", Http3ErrorCode.ExcessiveLoad }, // of 4 GiB
        { "00 04 00 07 00", Http3ErrorCode.FrameError }, // GOAWAY without id
        { "00 04 00 07 02 00 00", Http3ErrorCode.FrameError }, // with more than an id
        { "00 04 00 07 09", Http3ErrorCode.FrameError }, // longer than any id
        { "00 04 00 03 00", Http3ErrorCode.FrameError }, // CANCEL_PUSH without id
        { "00 04 00 03 01 00", Http3ErrorCode.IdError }, // of a push that never was
        { "00 04 00 07 01 04 07 01 08", Http3ErrorCode.IdError }, // GOAWAY that grows
        { "00 04 00 / 00 04 00", Http3ErrorCode.StreamCreationError }, // two control streams
        { "02 / 02", Http3ErrorCode.StreamCreationError }, // two encoder streams
        { "03 / 03", Http3ErrorCode.StreamCreationError }, // two decoder streams
        { "02 3f e2 1f", Http3ErrorCode.QpackEncoderStreamError }, // a capacity of 4,097
        { "03 00", Http3ErrorCode.QpackDecoderStreamError }, // an increment of nothing
    };

    [Theory]
    [MemberData(nameof(WrongForBoth))]
    [Rfc(9114, "7.2")]
    public async Task A_server_closes_the_connection(string streams, Http3ErrorCode code)
    {
        await using EvilClient client = await EvilClient.StartAsync();
        foreach (string stream in streams.Split('/'))
        {
            await client.OpenAsync(Wire.FromHex(stream));
        }

        await client.ClosedAsync(code);
    }

    [Theory]
    [MemberData(nameof(WrongForBoth))]
    [Rfc(9114, "7.2")]
    public async Task A_client_closes_the_connection(string streams, Http3ErrorCode code)
    {
        await using EvilServer server = await EvilServer.StartAsync();
        foreach (string stream in streams.Split('/'))
        {
            await server.OpenAsync(Wire.FromHex(stream));
        }

        await server.ClosedAsync(code);
        await server.Client.Closed.Soon();
        Assert.False(server.Client.CanSend);
        Http3RequestNotProcessedException thrown = await Assert.ThrowsAsync<Http3RequestNotProcessedException>(
            () => server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Get, "https://localhost/")).Soon());
        Assert.Equal(Http3RetryMode.OtherConnection, thrown.RetryMode);
    }

    [Theory]
    [InlineData("01 00", Http3ErrorCode.StreamCreationError)] // a push stream
    [InlineData("00 04 00 0d 01 05 0d 01 04", Http3ErrorCode.IdError)] // MAX_PUSH_ID that shrinks
    [InlineData("00 04 00 0d 00", Http3ErrorCode.FrameError)] // without id
    [InlineData("00 04 00 80 0f 07 00 01 01", Http3ErrorCode.IdError)] // PRIORITY_UPDATE of no request stream
    [InlineData("00 04 00 80 0f 07 00 04 bf ff ff fc", Http3ErrorCode.IdError)] // of a stream beyond the limit
    [InlineData("00 04 00 80 0f 07 01 01 00", Http3ErrorCode.IdError)] // of a push that never was
    [InlineData("00 04 00 80 0f 07 00 00", Http3ErrorCode.FrameError)] // without id
    [InlineData("00 04 00 80 0f 07 00 41 01", Http3ErrorCode.ExcessiveLoad)] // of 257 bytes
    public async Task Only_a_server_refuses(string stream, Http3ErrorCode code)
    {
        await using EvilClient client = await EvilClient.StartAsync();
        await client.OpenAsync(Wire.FromHex(stream));
        await client.ClosedAsync(code);
    }

    [Theory]
    [InlineData("01 00", Http3ErrorCode.IdError)] // a push stream, which was not allowed
    [InlineData("00 04 00 0d 01 05", Http3ErrorCode.FrameUnexpected)] // MAX_PUSH_ID
    [InlineData("00 04 00 07 01 01", Http3ErrorCode.IdError)] // GOAWAY with the id of no request stream
    [InlineData("00 04 00 80 0f 07 00 01 00", Http3ErrorCode.FrameUnexpected)] // PRIORITY_UPDATE
    [InlineData("00 04 00 80 0f 07 01 01 00", Http3ErrorCode.FrameUnexpected)]
    public async Task Only_a_client_refuses(string stream, Http3ErrorCode code)
    {
        await using EvilServer server = await EvilServer.StartAsync();
        await server.OpenAsync(Wire.FromHex(stream));
        await server.ClosedAsync(code);
    }

    [Theory]
    [InlineData("00 04 00", false)]
    [InlineData("00 04 00", true)]
    [InlineData("00", false)]
    [InlineData("00 04 02 06", false)]
    [InlineData("02", false)]
    [InlineData("02", true)]
    [InlineData("03", false)]
    [InlineData("03", true)]
    [Rfc(9114, "6.2.1")]
    [Rfc(9204, "4.2")]
    public async Task Critical_streams_must_not_end(string bytes, bool isReset)
    {
        await using EvilClient client = await EvilClient.StartAsync();
        await End(await client.OpenAsync(Wire.FromHex(bytes)));
        await client.ClosedAsync(Http3ErrorCode.ClosedCriticalStream);
        await using EvilServer server = await EvilServer.StartAsync();
        await End(await server.OpenAsync(Wire.FromHex(bytes)));
        await server.ClosedAsync(Http3ErrorCode.ClosedCriticalStream);

        async Task End(QuicStream stream)
        {
            if (isReset)
            {
                // Its type must be there first.
                await Task.Delay(100);
                stream.Abort(QuicAbortDirection.Write, 0x100);
            }
            else
            {
                stream.CompleteWrites();
            }
        }
    }

    [Fact]
    [Rfc(9114, "6.2.1")]
    public async Task Nobody_may_ask_us_to_end_our_control_stream()
    {
        await using EvilClient client = await EvilClient.StartAsync();
        QuicStream control = await client.Connection.AcceptInboundStreamAsync().Soon();
        control.CloseRead(0x100);
        await client.ClosedAsync(Http3ErrorCode.ClosedCriticalStream);
    }

    [Fact]
    [Rfc(9114, "9")]
    public async Task What_is_unknown_is_ignored()
    {
        await using EvilClient client = await EvilClient.StartAsync();
        QuicStream control = await client.OpenControlAsync();

        // Frames of reserved types in small pieces, with and without payload.
        foreach (byte part in Wire.FromHex("21 05 01 02 03 04 05 40 40 00 c0 00 00 00 ff ff ff ff 03 01 02 03 0d 01 05"))
        {
            await control.WriteAsync(new[] { part }).Soon();
        }

        // Streams of reserved types, empty, endless, and ended before their type is there.
        QuicStream reserved = await client.OpenAsync(0x21, 1, 2, 3);
        QuicException stopped = await Assert.ThrowsAsync<QuicException>(() => reserved.WritesClosed.Soon());
        Assert.Equal((long)Http3ErrorCode.StreamCreationError, stopped.ApplicationErrorCode);
        (await client.OpenAsync(0x40)).CompleteWrites();
        (await client.OpenAsync(0xc0, 0)).Abort(QuicAbortDirection.Write, 7);

        // And on request streams.
        QuicStream request = await client.RequestAsync([.. Wire.Frame(0x21, 1, 2), .. EvilClient.GetHeaders, .. Wire.Frame(0x40 + 0x21, new byte[5000])]);
        Assert.NotEmpty(await request.ReadToEndAsync(1 << 20).Soon());
        await client.LivesAsync();
        await client.NothingLeftAsync();
    }

    [Fact]
    public async Task A_flood_of_unknown_frames_is_too_much()
    {
        await using EvilClient client = await EvilClient.StartAsync();
        byte[] frames = [.. Enumerable.Repeat(Wire.Frame(0x21), 3 * WorkBudget.Capacity).SelectMany(x => x)];
        await client.OpenControlAsync(frames);
        await client.ClosedAsync(Http3ErrorCode.ExcessiveLoad);
    }

    [Fact]
    public async Task A_flood_of_unknown_frames_on_a_request_is_too_much()
    {
        await using EvilClient client = await EvilClient.StartAsync();
        byte[] frames = [.. Enumerable.Repeat(Wire.Frame(0x21), 3 * WorkBudget.Capacity).SelectMany(x => x)];
        QuicStream stream = await client.BeginRequestAsync();
        await Record.ExceptionAsync(() => stream.WriteAsync(frames).Soon());
        await client.ClosedAsync(Http3ErrorCode.ExcessiveLoad);
    }

    [Fact]
    public async Task A_flood_of_unknown_streams_is_too_much()
    {
        await using EvilClient client = await EvilClient.StartAsync();
        await Assert.ThrowsAsync<QuicException>(async () =>
        {
            for (int i = 0; i < 3 * WorkBudget.Capacity; i++)
            {
                QuicStream stream = await client.Connection.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon();
                await stream.WriteAsync(new byte[] { 0x21 }, completeWrites: true);
            }
        });
        await client.ClosedAsync(Http3ErrorCode.ExcessiveLoad);
    }

    [Fact]
    public async Task A_flood_of_GOAWAY_frames_is_too_much()
    {
        await using EvilServer server = await EvilServer.StartAsync();
        await server.OpenControlAsync([.. Enumerable.Repeat(Wire.Frame(FrameTypes.GoAway, 0), 3 * WorkBudget.Capacity).SelectMany(x => x)]);
        await server.ClosedAsync(Http3ErrorCode.ExcessiveLoad);
    }
}
