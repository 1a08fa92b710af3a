using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Quiver.AspNetCore.Tests;

/// <summary>What UseHttps says, and what applications can ask about TLS.</summary>
public sealed class TlsTests
{
    [Fact]
    public async Task Applications_can_ask_about_the_handshake()
    {
        await using WebServer server = await WebServer.StartAsync(app => app.MapGet("/", (HttpContext context) =>
        {
            ITlsHandshakeFeature tls = context.Features.Get<ITlsHandshakeFeature>()!;
            return $"{tls.Protocol} {tls.NegotiatedCipherSuite} {tls.HostName}";
        }));
        await using HandMadeClient client = await server.ConnectAsync();

        Assert.Equal($"Tls13 {client.Connection.NegotiatedCipherSuite} localhost", (await client.GetAsync("/")).Text);
    }

    [Fact]
    public async Task The_certificate_is_chosen_by_server_name()
    {
        await using WebServer server = await WebServer.StartAsync(
            app => app.MapGet("/", () => "hello"),
            new WebServerOptions
            {
                Listen = listen => listen.UseHttps(https => https.ServerCertificateSelector =
                    (_, name) => name == "other.example" ? TestCertificates.Other : TestCertificates.Localhost),
            });

        await using HandMadeClient usual = await server.ConnectAsync();
        await using HandMadeClient other = await server.ConnectAsync(options => options.ClientAuthenticationOptions.TargetHost = "other.example");

        Assert.Equal("CN=localhost", usual.Connection.RemoteCertificate!.Subject);
        Assert.Equal("CN=other.example", other.Connection.RemoteCertificate!.Subject);
    }

    [Fact]
    public async Task Options_can_be_chosen_for_each_ClientHello_and_take_their_time()
    {
        var asked = new TaskCompletionSource<(string Name, object? State, bool HasConnection)>();
        var goOn = new TaskCompletionSource();
        await using WebServer server = await WebServer.StartAsync(
            app => app.MapGet("/", () => "hello"),
            new WebServerOptions
            {
                Listen = listen => listen.UseHttps(new TlsHandshakeCallbackOptions
                {
                    OnConnectionState = "a state",
                    OnConnection = async context =>
                    {
                        asked.TrySetResult((context.ClientHelloInfo.ServerName, context.State, context.Connection is not null));
                        await goOn.Task.WaitAsync(context.CancellationToken);
                        return new SslServerAuthenticationOptions { ServerCertificate = TestCertificates.Localhost };
                    },
                }),
            });

        Task<HandMadeClient> connecting = server.ConnectAsync();
        Assert.Equal(("localhost", "a state", true), await asked.Task.Soon());
        Assert.False(connecting.IsCompleted);
        goOn.SetResult();

        await using HandMadeClient client = await connecting;
        Assert.Equal("hello", (await client.GetAsync("/")).Text);
    }

    [Fact]
    public async Task A_handshake_that_fails_does_not_end_accepting()
    {
        await using WebServer server = await WebServer.StartAsync(
            app => app.MapGet("/", () => "hello"),
            new WebServerOptions
            {
                Listen = listen => listen.UseHttps((stream, hello, state, cancel) => hello.ServerName == "localhost"
                    ? ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificate = TestCertificates.Localhost })
                    : throw new InvalidOperationException("nobody of that name"), null!),
            });

        for (int i = 0; i < 3; i++)
        {
            await Assert.ThrowsAsync<AuthenticationException>(() =>
                server.ConnectAsync(options => options.ClientAuthenticationOptions.TargetHost = "nobody"));
            await Assert.ThrowsAsync<AuthenticationException>(() =>
                server.ConnectAsync(options => options.ClientAuthenticationOptions.ApplicationProtocols = [new SslApplicationProtocol("none")]));
        }

        await using HandMadeClient client = await server.ConnectAsync();
        Assert.Equal("hello", (await client.GetAsync("/")).Text);
    }

    [Theory]
    [InlineData(ClientCertificateMode.RequireCertificate, true, true)]
    [InlineData(ClientCertificateMode.RequireCertificate, false, false)]
    [InlineData(ClientCertificateMode.AllowCertificate, true, true)]
    [InlineData(ClientCertificateMode.AllowCertificate, false, true)]
    public async Task Client_certificates_are_asked_for_and_shown(ClientCertificateMode mode, bool hasCertificate, bool isServed)
    {
        await using WebServer server = await WebServer.StartAsync(
            app => app.MapGet("/", async (HttpContext context) => (await context.Connection.GetClientCertificateAsync())?.Subject ?? "none"),
            new WebServerOptions
            {
                Listen = listen => listen.UseHttps(https =>
                {
                    https.ServerCertificate = TestCertificates.Localhost;
                    https.ClientCertificateMode = mode;
                    https.AllowAnyClientCertificate();
                }),
            });

        Task<string> asking = AskAsync(server, hasCertificate);

        if (isServed)
        {
            Assert.Equal(hasCertificate ? "CN=A client" : "none", await asking);
        }
        else
        {
            await Assert.ThrowsAsync<AuthenticationException>(() => asking);
        }
    }

    [Fact]
    public async Task A_client_certificate_that_is_refused_refuses_the_client()
    {
        await using WebServer server = await WebServer.StartAsync(
            app => app.MapGet("/", () => "hello"),
            new WebServerOptions
            {
                Listen = listen => listen.UseHttps(https =>
                {
                    https.ServerCertificate = TestCertificates.Localhost;
                    https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                    https.ClientCertificateValidation = (certificate, chain, errors) => false;
                }),
            });

        await Assert.ThrowsAsync<AuthenticationException>(() => AskAsync(server, hasCertificate: true));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Intermediate_certificates_that_are_given_are_sent(bool isSelected)
    {
        await using WebServer server = await WebServer.StartAsync(
            app => app.MapGet("/", () => "hello"),
            new WebServerOptions
            {
                Listen = listen => listen.UseHttps(https =>
                {
                    if (isSelected)
                    {
                        https.ServerCertificateSelector = (_, _) => TestCertificates.BelowIntermediate;
                    }
                    else
                    {
                        https.ServerCertificate = TestCertificates.BelowIntermediate;
                    }
                }),
                Transport = transport => transport.CertificateChain = [TestCertificates.Intermediate],
            });

        // The client trusts the root alone, so it needs the intermediate one.
        await using HandMadeClient client = await server.ConnectAsync();

        Assert.Equal("hello", (await client.GetAsync("/")).Text);
    }

    [Fact]
    public async Task A_certificate_context_brings_its_chain()
    {
        var context = SslStreamCertificateContext.Create(TestCertificates.BelowIntermediate, [TestCertificates.Intermediate], offline: true);
        await using WebServer server = await WebServer.StartAsync(
            app => app.MapGet("/", () => "hello"),
            new WebServerOptions
            {
                Listen = listen => listen.UseHttps(new TlsHandshakeCallbackOptions
                {
                    OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = context }),
                }),
            });

        await using HandMadeClient client = await server.ConnectAsync();

        Assert.Equal("hello", (await client.GetAsync("/")).Text);
    }

    [Fact]
    public async Task A_session_is_resumed_and_early_data_answered_where_it_is_allowed()
    {
        await using WebServer server = await WebServer.StartAsync(
            app => app.MapGet("/", (HttpContext context) =>
                $"{context.Features.Get<IQuicConnectionFeature>()!.Connection.IsResumed} {context.Features.Get<IQuicStreamFeature>()!.HasEarlyData}"),
            new WebServerOptions { Transport = transport => transport.ConfigureConnection = (_, options) => options.AllowEarlyData = true });
        var tickets = new SessionTicketStore();
        await using (HandMadeClient first = await server.ConnectAsync(Configure))
        {
            Assert.Equal("False False", (await first.GetAsync("/")).Text);
            while (tickets.Count == 0)
            {
                await Task.Delay(10);
            }
        }

        await using HandMadeClient second = await server.ConnectAsync(Configure);
        WebResponse response = await second.GetAsync("/");

        Assert.Equal(QuicEarlyDataState.Accepted, second.Connection.EarlyDataState);
        Assert.Equal("True True", response.Text);

        void Configure(QuicClientConnectionOptions options)
        {
            options.SessionTickets = tickets;
            options.EnableEarlyData = true;
        }
    }

    private static async Task<string> AskAsync(WebServer server, bool hasCertificate)
    {
        await using HandMadeClient client = await server.ConnectAsync(options =>
        {
            if (hasCertificate)
            {
                options.ClientAuthenticationOptions.ClientCertificates = [TestCertificates.Client];
            }
        });

        try
        {
            return (await client.GetAsync("/")).Text;
        }
        catch (QuicException)
        {
            // The handshake was complete for the client before the server judged.
            throw await client.Ended is AuthenticationException refused ? refused : new InvalidOperationException("not refused");
        }
    }
}
