using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Quiver.AspNetCore.Tests.Infrastructure;

/// <summary>A web application of a test on stock Kestrel, with HTTP/3 over Quiver.</summary>
internal sealed class WebServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WebServer(WebApplication app, int port, LogLines log)
    {
        _app = app;
        Port = port;
        Log = log;
    }

    public int Port { get; }

    /// <summary>What Kestrel and the transport logged from Warning on.</summary>
    public LogLines Log { get; }

    public IPEndPoint EndPoint => new(IPAddress.Loopback, Port);

    public IServiceProvider Services => _app.Services;

    /// <summary>A port that is free for TCP and UDP.</summary>
    public static int FreePort()
    {
        while (true)
        {
            using var tcp = new TcpListener(IPAddress.Loopback, 0);
            tcp.Start();
            int port = ((IPEndPoint)tcp.LocalEndpoint).Port;
            using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                udp.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it for UDP: the next one, then.
            }
        }
    }

    public static async Task<WebServer> StartAsync(Action<WebApplication> configure, WebServerOptions? options = null)
    {
        options ??= new WebServerOptions();
        WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        var log = new LogLines();
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(log).SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseQuiver(options.Transport);
        int port = options.Protocols == HttpProtocols.Http3 ? 0 : FreePort();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            options.Kestrel?.Invoke(kestrel);
            kestrel.Listen(IPAddress.Loopback, port, listen =>
            {
                listen.Protocols = options.Protocols;
                options.Listen(listen);
            });
        });
        options.Services?.Invoke(builder.Services);
        WebApplication app = builder.Build();
        configure(app);
        await app.StartAsync();
        return new WebServer(app, new Uri(app.Urls.First()).Port, log);
    }

    public Task StopAsync(CancellationToken cancellationToken = default) => _app.StopAsync(cancellationToken);

    public Task<HandMadeClient> ConnectAsync(Action<QuicClientConnectionOptions>? configure = null) => HandMadeClient.ConnectAsync(EndPoint, configure);

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
