using System.Net;
using System.Net.Security;
using System.Reflection;
using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Quiver.Http3.Handler;
using Quiver.Http3.Tests.Infrastructure;

namespace Quiver.Http3.Tests.Handler;

/// <summary>The handler's options, its life, and the factory of clients.</summary>
public sealed class OptionsTests
{
    [Fact]
    public void Defaults_are_those_of_SocketsHttpHandler()
    {
        using Http3Handler ours = new();
        using SocketsHttpHandler theirs = new();
        foreach (PropertyInfo property in typeof(Http3Handler).GetProperties())
        {
            if (typeof(SocketsHttpHandler).GetProperty(property.Name) is { } same
                && (same.PropertyType.IsValueType || property.Name == nameof(Http3Handler.ActivityHeadersPropagator)))
            {
                Assert.Equal((property.Name, same.GetValue(theirs)), (property.Name, property.GetValue(ours)));
            }
        }
    }

    [Fact]
    public async Task Options_stay_as_they_are_once_a_request_was_sent()
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        Http3Handler handler = OriginServer.CreateHandler();
        using HttpClient client = new(handler);
        await client.GetStringAsync(origin.Tcp).Soon();
        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => handler.UseCookies = false);
        Assert.Contains("request already", exception.Message, StringComparison.Ordinal);
        client.Dispose();
        Assert.Throws<ObjectDisposedException>(() => handler.UseCookies = false);
    }

    [Fact]
    public void Times_and_counts_are_checked()
    {
        using Http3Handler handler = new();
        Assert.Throws<ArgumentOutOfRangeException>(() => handler.ConnectTimeout = TimeSpan.Zero);
        Assert.Throws<ArgumentOutOfRangeException>(() => handler.PooledConnectionLifetime = TimeSpan.FromSeconds(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => handler.MaxAutomaticRedirections = 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => handler.MaxResponseHeadersLength = 0);
        Assert.Throws<ArgumentNullException>(() => handler.SslOptions = null!);
        Assert.Throws<ArgumentNullException>(() => handler.CookieContainer = null!);
    }

    [Fact]
    public async Task Synchronous_requests_are_HTTP_1()
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        using HttpClient client = OriginServer.CreateClient();
        origin.Application = _ => new Answer { Headers = [("Set-Cookie", "a=1")] };
        for (int i = 0; i < 2; i++)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, origin.Tcp);
            using HttpResponseMessage response = client.Send(request);
            Assert.Equal("ok", new StreamReader(response.Content.ReadAsStream()).ReadToEnd());
        }

        Assert.Equal("HTTP/1.1", origin.Seen.Last().Protocol);
        Assert.Equal("a=1", origin.Seen.Last()["Cookie"]);
        using HttpRequestMessage second = VersionPolicyTests.Request(origin.Tcp, "2.0", HttpVersionPolicy.RequestVersionOrLower);
        Assert.Throws<NotSupportedException>(() => client.Send(second));
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public void Tls_options_are_copied_whole()
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(Loopback.Certificate.RawData);
        SslClientAuthenticationOptions options = new()
        {
            AllowRenegotiation = false,
            AllowTlsResume = false,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            CertificateChainPolicy = new X509ChainPolicy(),
            CertificateRevocationCheckMode = X509RevocationMode.Offline,
            CipherSuitesPolicy = new CipherSuitesPolicy([TlsCipherSuite.TLS_AES_128_GCM_SHA256]),
            ClientCertificateContext = SslStreamCertificateContext.Create(Loopback.Certificate, additionalCertificates: null, offline: true),
            ClientCertificates = [certificate],
            EnabledSslProtocols = System.Security.Authentication.SslProtocols.Tls13,
#pragma warning disable SYSLIB0040 // A value that is not the default.
            EncryptionPolicy = EncryptionPolicy.AllowNoEncryption,
#pragma warning restore SYSLIB0040
            LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate,
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
            TargetHost = "host",
            AllowRsaPkcs1Padding = false,
            AllowRsaPssPadding = false,
        };
        SslClientAuthenticationOptions defaults = new();
        SslClientAuthenticationOptions copy = PooledConnector.Copy(options);
        foreach (PropertyInfo property in typeof(SslClientAuthenticationOptions).GetProperties())
        {
            Assert.NotEqual((property.Name, property.GetValue(defaults)), (property.Name, property.GetValue(options)));
            Assert.Equal((property.Name, property.GetValue(options)), (property.Name, property.GetValue(copy)));
        }
    }

    [Fact]
    public async Task The_factory_makes_clients_with_it()
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        ServiceCollection services = new();
        services.AddHttpClient("h3", client =>
        {
            client.BaseAddress = origin.Udp;
            client.DefaultRequestVersion = HttpVersion.Version30;
            client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        }).UseQuiver(handler => handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true);
        await using ServiceProvider provider = services.BuildServiceProvider();
        using HttpClient client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("h3");
        Assert.Equal("ok", await client.GetStringAsync("/").Soon());
        Assert.Equal("HTTP/3", origin.Seen.Single().Protocol);
    }
}
