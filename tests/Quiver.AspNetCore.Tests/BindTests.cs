using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Quiver.AspNetCore.Tests;

/// <summary>How endpoints come about.</summary>
public sealed class BindTests
{
    [Fact]
    public async Task One_port_serves_all_versions_and_tells_of_HTTP_3()
    {
        await using WebServer server = await WebServer.StartAsync(
            app => app.MapGet("/", (HttpContext context) => context.Request.Protocol),
            new WebServerOptions { Protocols = HttpProtocols.Http1AndHttp2AndHttp3 });
        using var handler = new SocketsHttpHandler { SslOptions = { CertificateChainPolicy = HandMadeClient.TrustRoot() } };
        using var http = new HttpClient(handler) { BaseAddress = new Uri($"https://localhost:{server.Port}") };
        foreach (Version version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using HttpResponseMessage response = await http.SendAsync(request).Soon();
            Assert.Equal($"HTTP/{version.ToString(version.Major == 1 ? 2 : 1)}", await response.Content.ReadAsStringAsync());
            Assert.StartsWith($"h3=\":{server.Port}\"", response.Headers.NonValidated["Alt-Svc"].ToString(), StringComparison.Ordinal);
        }

        await using HandMadeClient client = await server.ConnectAsync();
        Assert.Equal("HTTP/3", (await client.GetAsync("/")).Text);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_reported_as_in_use()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)other.LocalEndPoint!).Port;
        await using WebApplication app = Build(kestrel => kestrel.Listen(IPAddress.Loopback, port, Http3));

        IOException error = await Assert.ThrowsAsync<IOException>(() => app.StartAsync());

        AddressInUseException cause = Assert.IsType<AddressInUseException>(error.InnerException);
        Assert.Contains(port.ToString(), cause.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_servers_of_one_process_on_one_port_are_a_conflict_too()
    {
        await using WebServer first = await WebServer.StartAsync(app => app.MapGet("/", () => "first"));
        await using WebApplication second = Build(kestrel => kestrel.Listen(first.EndPoint, Http3));

        IOException error = await Assert.ThrowsAsync<IOException>(() => second.StartAsync());

        Assert.IsType<AddressInUseException>(error.InnerException);
    }

    [Fact]
    public async Task An_endpoint_without_HTTPS_says_what_is_missing()
    {
        await using WebApplication app = Build(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http3));

        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync());

        Assert.Contains("HTTPS", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_transport_itself_asks_for_UseHttps()
    {
        await using WebApplication app = Build(kestrel => { });
        IMultiplexedConnectionListenerFactory factory = app.Services.GetServices<IMultiplexedConnectionListenerFactory>().Last();

        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
            await factory.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), new FeatureCollection()));

        Assert.Contains("call UseHttps", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_that_cannot_work_are_refused_before_anybody_comes()
    {
        foreach (Action<QuiverTransportOptions> wrong in new Action<QuiverTransportOptions>[]
        {
            options => options.MaxReadBufferSize = 1_000_000,
            options => options.MaxBidirectionalStreamCount = 0,
            options => options.MaxUnidirectionalStreamCount = 2,
            options => options.Backlog = 0,
            options => options.MaxWriteBufferSize = -1,
            options => options.DefaultCloseErrorCode = -1,
            options => options.DefaultStreamErrorCode = 1L << 62,
        })
        {
            InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => TransportPair.ListenAsync(wrong));
            Assert.Contains("must be", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Only_IP_addresses_are_for_QUIC()
    {
        await using WebApplication app = Build(kestrel => { });
        var factory = (IConnectionListenerFactorySelector)app.Services.GetServices<IMultiplexedConnectionListenerFactory>().Last();

        Assert.True(factory.CanBind(new IPEndPoint(IPAddress.IPv6Any, 443)));
        Assert.False(factory.CanBind(new UnixDomainSocketEndPoint("/tmp/x")));
        Assert.False(factory.CanBind(new DnsEndPoint("localhost", 443)));
        await Assert.ThrowsAsync<NotSupportedException>(async () =>
            await ((IMultiplexedConnectionListenerFactory)factory).BindAsync(new DnsEndPoint("localhost", 443)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_services_can_be_added_before_Kestrel_or_after(bool isBefore)
    {
        var builder = new HostApplicationBuilderOf(isBefore);
        await using WebApplication app = builder.Build();
        app.MapGet("/", () => "served");
        await app.StartAsync();

        await using HandMadeClient client = await HandMadeClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, new Uri(app.Urls.First()).Port));

        Assert.Equal("served", (await client.GetAsync("/")).Text);
    }

    [Fact]
    public async Task Of_two_transports_the_one_added_last_serves()
    {
        var other = new RecordingFactory();
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.WebHost.UseQuiver();
        builder.Services.AddSingleton<IMultiplexedConnectionListenerFactory>(other);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, Http3));
        await using WebApplication app = builder.Build();

        await Assert.ThrowsAsync<NotImplementedException>(() => app.StartAsync());

        Assert.Equal(1, other.Calls);
    }

    [Fact]
    public async Task A_slim_builder_serves_with_HTTPS_configuration()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseQuiver().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, Http3));
        await using WebApplication app = builder.Build();
        app.MapGet("/", () => "slim");
        await app.StartAsync();

        await using HandMadeClient client = await HandMadeClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, new Uri(app.Urls.First()).Port));

        Assert.Equal("slim", (await client.GetAsync("/")).Text);
    }

    [Fact]
    public async Task Configuration_names_endpoint_protocols_and_certificate()
    {
        string directory = Path.Combine(Workspace.Scratch, "configured");
        Directory.CreateDirectory(directory);
        string path = Path.Combine(directory, "cert.pfx");
        await File.WriteAllBytesAsync(path, TestCertificates.Localhost.Export(System.Security.Cryptography.X509Certificates.X509ContentType.Pfx, "word"));
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseQuiver();
        builder.Configuration["Kestrel:Endpoints:Web:Url"] = "https://127.0.0.1:0";
        builder.Configuration["Kestrel:Endpoints:Web:Protocols"] = "Http3";
        builder.Configuration["Kestrel:Endpoints:Web:Certificate:Path"] = path;
        builder.Configuration["Kestrel:Endpoints:Web:Certificate:Password"] = "word";
        await using WebApplication app = builder.Build();
        app.MapGet("/", () => "configured");
        await app.StartAsync();

        await using HandMadeClient client = await HandMadeClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, new Uri(app.Urls.First()).Port));

        Assert.Equal("configured", (await client.GetAsync("/")).Text);
    }

    private static void Http3(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http3;
        listen.UseHttps(TestCertificates.Localhost);
    }

    private static WebApplication Build(Action<KestrelServerOptions> kestrel)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseQuiver().ConfigureKestrel(kestrel);
        return builder.Build();
    }

    /// <summary>Builds with the services in one order or the other.</summary>
    private sealed class HostApplicationBuilderOf(bool isBefore)
    {
        public WebApplication Build()
        {
            WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            if (isBefore)
            {
                builder.Services.AddQuiver();
            }

            builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, Http3));
            if (!isBefore)
            {
                builder.Services.AddQuiver();
            }

            builder.Services.AddRoutingCore();
            return builder.Build();
        }
    }

    private sealed class RecordingFactory : IMultiplexedConnectionListenerFactory
    {
        public int Calls { get; private set; }

        public ValueTask<IMultiplexedConnectionListener> BindAsync(
            EndPoint endpoint, IFeatureCollection? features = null, CancellationToken cancellationToken = default)
        {
            Calls++;
            throw new NotImplementedException();
        }
    }
}
