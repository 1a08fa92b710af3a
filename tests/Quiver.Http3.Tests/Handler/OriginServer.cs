using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Quiver.Http3.Tests.Infrastructure;

namespace Quiver.Http3.Tests.Handler;

/// <summary>
/// An origin as they are: HTTP/1.1 and 2 by Kestrel over TCP, HTTP/3 by our server on a UDP port of its own, which answers of the first can name
/// by Alt-Svc. Both answer alike, and keep what they were asked.
/// </summary>
internal sealed class OriginServer : IAsyncDisposable
{
    private readonly WebApplication _tcp;

    private OriginServer(WebApplication tcp, Http3Server udp)
    {
        _tcp = tcp;
        Http3 = udp;
    }

    /// <summary>What the application behind both does; a path answers by status, headers and content.</summary>
    public Func<SeenRequest, Answer> Application { get; set; } = static _ => new Answer();

    public ConcurrentQueue<SeenRequest> Seen { get; } = [];

    public Http3Server Http3 { get; private set; }

    /// <summary>Where HTTP/1.1 and 2 are.</summary>
    public Uri Tcp => new($"https://localhost:{new Uri(_tcp.Urls.First()).Port}/");

    /// <summary>Where HTTP/3 is.</summary>
    public Uri Udp => new($"https://localhost:{Http3.LocalEndPoint!.Port}/"); // It listens.

    public string AltSvc => $"h3=\":{Udp.Port}\"";

    public static async Task<OriginServer> StartAsync(Action<Http3ServerOptions>? configure = null)
    {
        OriginServer? origin = null;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(Loopback.Certificate);
        }));
        WebApplication tcp = builder.Build();
        tcp.Run(context => origin!.AnswerAsync(context));
        await tcp.StartAsync().Soon();
        Http3ServerOptions options = Http3Pair.ServerOptions(context => origin!.AnswerAsync(context));
        configure?.Invoke(options);
        origin = new OriginServer(tcp, await Http3Server.ListenAsync(options).Soon());
        return origin;
    }

    /// <summary>A handler that takes our certificate, and tickets of its own.</summary>
    public static Http3Handler CreateHandler(Action<Http3Handler>? configure = null)
    {
        Http3Handler handler = new()
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
        };
        configure?.Invoke(handler);
        return handler;
    }

    public static HttpClient CreateClient(Action<Http3Handler>? configure = null) => new(CreateHandler(configure));

    /// <summary>The HTTP/3 server goes in good order, and another comes in its place.</summary>
    public async Task ReplaceHttp3Async()
    {
        IPEndPoint address = Http3.LocalEndPoint!; // It listens.
        await Http3.ShutdownAsync().Soon();
        Http3ServerOptions options = Http3Pair.ServerOptions(AnswerAsync);
        options.ListenEndPoint = address;
        Http3 = await Http3Server.ListenAsync(options).Soon();
    }

    public async ValueTask DisposeAsync()
    {
        await Http3.DisposeAsync().Soon();
        await _tcp.DisposeAsync().Soon();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using StreamReader reader = new(context.Request.Body);
        SeenRequest seen = new(
            context.Request.Protocol,
            context.Request.Method,
            context.Request.Path,
            context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            await reader.ReadToEndAsync(),
            Http3: null);
        Seen.Enqueue(seen);
        Answer answer = Application(seen);
        context.Response.StatusCode = answer.Status;
        foreach ((string name, string value) in answer.Headers)
        {
            context.Response.Headers.Append(name, value);
        }

        await context.Response.Body.WriteAsync(answer.Content);
    }

    private async Task AnswerAsync(Http3Context context)
    {
        using StreamReader reader = new(context.Request.BodyStream);
        SeenRequest seen = new(
            "HTTP/3",
            context.Request.Method,
            context.Request.Path!, // A request that is not CONNECT has one.
            context.Request.Headers.GroupBy(h => h.Key).ToDictionary(
                h => h.Key, h => string.Join(h.Key == "cookie" ? "; " : ", ", h.Select(v => v.Value)), StringComparer.OrdinalIgnoreCase),
            await reader.ReadToEndAsync(),
            context);
        Seen.Enqueue(seen);
        Answer answer = Application(seen);
        if (answer.AbortCode is { } code)
        {
            context.Abort(code);
            return;
        }

        context.Response.StatusCode = answer.Status;
        foreach ((string name, string value) in answer.Headers)
        {
            context.Response.Headers.Add(name, value);
        }

        await context.Response.Body.WriteAsync(answer.Content);
    }
}
