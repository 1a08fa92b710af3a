using System.Diagnostics.CodeAnalysis;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;

namespace Quiver.AspNetCore.Tests;

/// <summary>SignalR over HTTP/3, its messages written by hand.</summary>
public sealed class SignalRTests
{
    private const char End = '\x1e';

    [Fact]
    public async Task Long_polling_calls_a_hub()
    {
        await using WebServer server = await StartAsync();
        await using HandMadeClient client = await server.ConnectAsync();
        string connection = $"/hub?id={await NegotiateAsync(client)}";

        // The first poll opens the connection and comes back empty.
        Assert.Equal(200, (await client.GetAsync(connection)).Status);
        Assert.Equal(200, (await PostAsync(client, connection, """{"protocol":"json","version":1}""")).Status);
        Assert.Equal("{}" + End, (await client.GetAsync(connection)).Text);
        Task<WebResponse> polling = client.GetAsync(connection);
        await PostAsync(client, connection, """{"type":1,"invocationId":"7","target":"Add","arguments":[2,3]}""");

        Assert.Equal("""{"type":3,"invocationId":"7","result":5}""" + End, (await polling).Text);
        Assert.Equal(202, (await client.SendAsync("DELETE", connection, null)).Status);
    }

    [Fact]
    public async Task WebSockets_call_a_hub()
    {
        await using WebServer server = await StartAsync();
        await using HandMadeClient client = await server.ConnectAsync();
        string token = await NegotiateAsync(client);
        await using WebRequest request = await client.OpenAsync(
            [
                (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":authority", "localhost"), (":path", $"/hub?id={token}"),
                ("sec-websocket-version", "13"),
            ],
            isLast: false);
        Assert.Equal(200, (await request.ReadHeadAsync()).Status);
        using WebSocket socket = WebSocket.CreateFromStream(new TunnelOverFrames(request), new WebSocketCreationOptions());

        await SendAsync(socket, """{"protocol":"json","version":1}""");
        Assert.Equal("{}" + End, await ReceiveAsync(socket));
        await SendAsync(socket, """{"type":1,"invocationId":"8","target":"Add","arguments":[20,30]}""");

        Assert.Equal("""{"type":3,"invocationId":"8","result":50}""" + End, await ReceiveAsync(socket));
    }

    private static Task<WebServer> StartAsync() => WebServer.StartAsync(
        app => app.MapHub<Calculator>("/hub"),
        new WebServerOptions { Services = services => services.AddSignalR() });

    private static async Task<string> NegotiateAsync(HandMadeClient client)
    {
        WebResponse response = await client.SendAsync("POST", "/hub/negotiate?negotiateVersion=1", []);
        Assert.Equal(200, response.Status);
        using JsonDocument document = JsonDocument.Parse(response.Body);
        Assert.Contains(
            document.RootElement.GetProperty("availableTransports").EnumerateArray(),
            transport => transport.GetProperty("transport").GetString() == "WebSockets");
        return document.RootElement.GetProperty("connectionToken").GetString()!;
    }

    private static Task<WebResponse> PostAsync(HandMadeClient client, string path, string message) =>
        client.SendAsync("POST", path, Encoding.UTF8.GetBytes(message + End), ("content-type", "text/plain;charset=UTF-8"));

    private static Task SendAsync(WebSocket socket, string message) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(message + End), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None).Soon();

    private static async Task<string> ReceiveAsync(WebSocket socket)
    {
        byte[] buffer = new byte[4096];
        WebSocketReceiveResult result = await socket.ReceiveAsync(buffer, CancellationToken.None).Soon();
        return Encoding.UTF8.GetString(buffer, 0, result.Count);
    }

    public sealed class Calculator : Hub
    {
        [SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "SignalR calls it on an instance.")]
        public int Add(int one, int other) => one + other;
    }
}
