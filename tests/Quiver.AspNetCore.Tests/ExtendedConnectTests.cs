using System.Buffers;
using System.IO.Pipelines;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;
using Quiver.AspNetCore.ExtendedConnect;

namespace Quiver.AspNetCore.Tests;

/// <summary>Extended CONNECT over HTTP/3 (RFC 9220), which Kestrel does not know by itself.</summary>
public sealed class ExtendedConnectTests
{
    private static readonly (string Name, string Value)[] s_webSocket =
    [
        (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":authority", "localhost"), (":path", "/ws"),
        ("sec-websocket-version", "13"), ("origin", "https://localhost"),
    ];

    [Fact]
    [Rfc(9220, "3")]
    public async Task Clients_are_told_in_SETTINGS()
    {
        await using WebServer server = await StartAsync();
        await using HandMadeClient client = await server.ConnectAsync();

        Assert.Equal([0x06, 0x80, 0x00, 0x80, 0x00, 0x08, 0x01], await client.Settings.Soon());
    }

    [Fact]
    public async Task Clients_are_not_told_when_it_is_off()
    {
        await using WebServer server = await StartAsync(options => options.EnableExtendedConnect = false);
        await using HandMadeClient client = await server.ConnectAsync();

        Assert.Equal([0x06, 0x80, 0x00, 0x80, 0x00], await client.Settings.Soon());
        await using WebRequest request = await client.OpenAsync(s_webSocket, isLast: false);
        Assert.Equal(400, (await request.ReadHeadAsync()).Status);
    }

    [Fact]
    [Rfc(9220, "3")]
    public async Task A_WebSocket_talks_both_ways_and_closes()
    {
        await using WebServer server = await StartAsync();
        await using HandMadeClient client = await server.ConnectAsync();
        await using WebRequest request = await client.OpenAsync(s_webSocket, isLast: false);
        Assert.Equal(200, (await request.ReadHeadAsync()).Status);
        using WebSocket socket = WebSocket.CreateFromStream(new TunnelOverFrames(request), new WebSocketCreationOptions());

        byte[] message = new byte[100_000];
        new Random(1).NextBytes(message);
        await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, TestContext.Current.CancellationToken);
        Assert.Equal(message, await ReceiveAsync(socket));
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken);
        Assert.Equal("hello"u8.ToArray(), await ReceiveAsync(socket));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", TestContext.Current.CancellationToken).Soon();

        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
        Assert.Empty(server.Log.Lines);
    }

    [Fact]
    public async Task A_WebSocket_may_be_silent_for_longer_than_a_request_body_may()
    {
        await using WebServer server = await StartAsync();
        await using HandMadeClient client = await server.ConnectAsync();
        await using WebRequest request = await client.OpenAsync(s_webSocket, isLast: false);
        Assert.Equal(200, (await request.ReadHeadAsync()).Status);
        using WebSocket socket = WebSocket.CreateFromStream(new TunnelOverFrames(request), new WebSocketCreationOptions());
        await socket.SendAsync("before"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken);
        Assert.Equal("before"u8.ToArray(), await ReceiveAsync(socket));

        // Kestrel's grace for slow request bodies is 5 seconds.
        await Task.Delay(TimeSpan.FromSeconds(7), TestContext.Current.CancellationToken);

        await socket.SendAsync("after"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken);
        Assert.Equal("after"u8.ToArray(), await ReceiveAsync(socket));
    }

    [Fact]
    public async Task An_application_sees_the_protocol_and_may_refuse()
    {
        await using WebServer server = await WebServer.StartAsync(app => app.Run(context =>
        {
            IHttpExtendedConnectFeature? feature = context.Features.Get<IHttpExtendedConnectFeature>();
            context.Response.StatusCode = 501;
            context.Response.Headers["x-seen"] = $"{context.Request.Method} {feature?.IsExtendedConnect} {feature?.Protocol} {context.Request.Path}";
            return Task.CompletedTask;
        }));
        await using HandMadeClient client = await server.ConnectAsync();
        await using WebRequest extended = await client.OpenAsync(
            [(":method", "CONNECT"), (":protocol", "connect-udp"), (":scheme", "https"), (":authority", "localhost"), (":path", "/masque")], isLast: true);
        await using WebRequest plain = await client.OpenAsync([(":method", "CONNECT"), (":authority", "localhost:443")], isLast: true);
        await using WebRequest get = await client.OpenAsync("GET", "/", isLast: true);

        Assert.Equal("CONNECT True connect-udp /masque", (await extended.ReadHeadAsync())["x-seen"]);
        Assert.Equal("CONNECT False  ", (await plain.ReadHeadAsync())["x-seen"]);
        Assert.Equal("GET False  /", (await get.ReadHeadAsync())["x-seen"]);
    }

    [Fact]
    public async Task A_tunnel_is_accepted_once()
    {
        var second = new TaskCompletionSource<Exception>();
        await using WebServer server = await WebServer.StartAsync(app => app.Run(async context =>
        {
            IHttpExtendedConnectFeature feature = context.Features.Get<IHttpExtendedConnectFeature>()!;
            Stream tunnel = await feature.AcceptAsync();
            second.SetResult(await Assert.ThrowsAsync<InvalidOperationException>(async () => await feature.AcceptAsync()));
            await tunnel.CopyToAsync(tunnel);
        }));
        await using HandMadeClient client = await server.ConnectAsync();
        await using WebRequest request = await client.OpenAsync(s_webSocket, isLast: false);
        Assert.Equal(200, (await request.ReadHeadAsync()).Status);

        await request.SendDataAsync("around"u8.ToArray(), isLast: true);
        Assert.Equal("around"u8.ToArray(), await request.ReadDataAsync());
        Assert.Null(await request.ReadDataAsync());
        Assert.Contains("once", (await second.Task.Soon()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(100)]
    public void A_request_is_looked_into_however_it_arrives(int piece)
    {
        // A frame of an unknown type comes first. RFC 9114 §9.
        byte[] bytes = [.. Frames.Of(0x21, new byte[5]), .. Frames.Headers(s_webSocket), .. Frames.Of(0, new byte[10])];
        var peek = new RequestPeek();
        for (int length = piece; !peek.IsDone && length < bytes.Length + piece; length += piece)
        {
            peek.Look(Sequence(bytes[..Math.Min(length, bytes.Length)], piece));
        }

        Assert.True(peek.IsDone);
        Assert.Equal("websocket", peek.Protocol);
    }

    [Fact]
    public void Only_a_CONNECT_has_a_protocol()
    {
        Assert.Null(ProtocolOf((":method", "GET"), (":protocol", "websocket")));
        Assert.Null(ProtocolOf((":protocol", "websocket"), (":method", "POST")));
        Assert.Null(ProtocolOf((":method", "CONNECT"), (":authority", "localhost")));
        Assert.Null(ProtocolOf((":method", "CONNECT"), ("x", "y"), (":protocol", "websocket")));
        Assert.Equal("websocket", ProtocolOf((":authority", "localhost"), (":protocol", "websocket"), (":method", "CONNECT")));
    }

    [Fact]
    public void What_is_no_field_section_is_left_to_Kestrel()
    {
        foreach (byte[] bytes in new byte[][] { Frames.Of(1, [0, 0, 0x80]), Frames.Of(1, [0, 0, 0x2f]), Frames.Of(1, []), Frames.Of(1, [0, 0]), Frames.Of(0, [1]) })
        {
            var peek = new RequestPeek();
            peek.Look(new ReadOnlySequence<byte>(bytes));
            Assert.True(peek.IsDone);
            Assert.Null(peek.Protocol);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public async Task The_setting_is_added_however_the_frame_is_written(int piece)
    {
        byte[] written = [0x00, 0x04, 0x05, 0x06, 0x80, 0x00, 0x80, 0x00, 0x07, 0x01, 0x00];
        byte[] expected = [0x00, 0x04, 0x07, 0x06, 0x80, 0x00, 0x80, 0x00, 0x08, 0x01, 0x07, 0x01, 0x00];

        Assert.Equal(expected, await PassAsync(written, piece));
    }

    [Theory]
    [InlineData(new byte[] { 0x02, 0x04, 0x00 })]
    [InlineData(new byte[] { 0x00, 0x07, 0x01, 0x00 })]
    [InlineData(new byte[] { 0x00, 0x04, 0x05, 0x06 })]
    [InlineData(new byte[] { 0x40 })]
    public async Task Anything_else_passes_as_it_is(byte[] bytes) => Assert.Equal(bytes, await PassAsync(bytes, 1));

    private static string? ProtocolOf(params (string Name, string Value)[] lines)
    {
        var peek = new RequestPeek();
        peek.Look(new ReadOnlySequence<byte>(Frames.Headers(lines)));
        Assert.True(peek.IsDone);
        return peek.Protocol;
    }

    private static async Task<byte[]> PassAsync(byte[] bytes, int piece)
    {
        var pipe = new Pipe();
        var writer = new SettingsWriter(pipe.Writer);
        foreach (byte[] part in bytes.Chunk(piece))
        {
            writer.Write(part);
            await writer.FlushAsync();
        }

        await writer.CompleteAsync();
        return (await pipe.Reader.ReadAtLeastAsync(100)).Buffer.ToArray();
    }

    private static ReadOnlySequence<byte> Sequence(byte[] bytes, int piece)
    {
        Part? first = null;
        Part? last = null;
        foreach (byte[] part in bytes.Chunk(piece))
        {
            last = new Part(part, last);
            first ??= last;
        }

        return new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
    }

    private static Task<WebServer> StartAsync(Action<QuiverTransportOptions>? transport = null) => WebServer.StartAsync(
        app =>
        {
            app.UseWebSockets();
            app.Map("/ws", async context =>
            {
                if (!context.WebSockets.IsWebSocketRequest)
                {
                    context.Response.StatusCode = 400;
                    return;
                }

                using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
                byte[] buffer = new byte[4096];
                while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } result)
                {
                    await socket.SendAsync(buffer.AsMemory(0, result.Count), result.MessageType, result.EndOfMessage, context.RequestAborted);
                }

                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
            });
        },
        new WebServerOptions { Transport = transport });

    private static async Task<byte[]> ReceiveAsync(WebSocket socket)
    {
        byte[] buffer = new byte[1 << 20];
        int count = 0;
        while (true)
        {
            WebSocketReceiveResult result = await socket.ReceiveAsync(
                new ArraySegment<byte>(buffer, count, buffer.Length - count), TestContext.Current.CancellationToken).Soon();
            count += result.Count;
            if (result.EndOfMessage)
            {
                return buffer[..count];
            }
        }
    }

    private sealed class Part : ReadOnlySequenceSegment<byte>
    {
        public Part(byte[] bytes, Part? previous)
        {
            Memory = bytes;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}
