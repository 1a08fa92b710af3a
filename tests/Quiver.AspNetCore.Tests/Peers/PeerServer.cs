using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Quiver.AspNetCore.Tests.Peers;

/// <summary>The web application that foreign clients come to, with the certificate that they trust.</summary>
internal static class PeerServer
{
    public static async Task<WebServer> StartAsync(Action<QuiverTransportOptions>? transport = null)
    {
        string pki = await Pki.DirectoryAsync();
        X509Certificate2 certificate = Pki.LoadServer(pki);
        return await WebServer.StartAsync(Configure, new WebServerOptions
        {
            Listen = listen => listen.UseHttps(certificate),
            Kestrel = kestrel => kestrel.Limits.MaxRequestBodySize = null,
            Transport = transport,
        });
    }

    private static void Configure(WebApplication app)
    {
        app.UseWebSockets();
        app.MapGet("/hello", () => "hello");
        app.MapGet("/resumed", (HttpContext context) =>
            $"{context.Features.Get<IQuicConnectionFeature>()!.Connection.IsResumed} {context.Features.Get<IQuicStreamFeature>()!.HasEarlyData}");
        app.MapGet("/version", (HttpContext context) => context.Features.Get<IQuicConnectionFeature>()!.Connection.NegotiatedVersion.ToString());
        app.MapGet("/bytes/{count:int}", (int count) => TypedResults.Bytes(new byte[count]));
        app.MapPost("/count", async (HttpContext context) =>
        {
            long count = 0;
            byte[] buffer = new byte[1 << 16];
            while (await context.Request.Body.ReadAsync(buffer) is > 0 and int read)
            {
                count += read;
            }

            return count.ToString();
        });
        app.MapGet("/page/{assets:int}", (int assets) => TypedResults.Content(Page(assets), "text/html"));
        app.MapGet("/asset/{number:int}.css", (int number) => TypedResults.Content($"#a{number} {{ color: red }}", "text/css"));
        app.Map("/ws", EchoAsync);
    }

    /// <summary>A page that loads so many style sheets.</summary>
    private static string Page(int assets) =>
        $"<!doctype html><title>page</title><script>performance.setResourceTimingBufferSize(2000)</script>{string.Concat(Enumerable.Range(0, assets).Select(i => $"<link rel=stylesheet href=/asset/{i}.css>"))}<p>done";

    private static async Task EchoAsync(HttpContext context)
    {
        using System.Net.WebSockets.WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        byte[] first = System.Text.Encoding.UTF8.GetBytes($"{context.Request.Protocol} {context.Request.Method}");
        await socket.SendAsync(first, System.Net.WebSockets.WebSocketMessageType.Text, endOfMessage: true, context.RequestAborted);
        byte[] buffer = new byte[1 << 16];
        while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { CloseStatus: null } result)
        {
            await socket.SendAsync(buffer.AsMemory(0, result.Count), result.MessageType, result.EndOfMessage, context.RequestAborted);
        }

        await socket.CloseAsync(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
    }
}
