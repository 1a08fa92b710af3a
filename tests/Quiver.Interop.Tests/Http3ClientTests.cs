using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Quiver.Http3;

namespace Quiver.Interop.Tests;

/// <summary>Our HTTP/3 client, and <c>quiver get</c>, against the servers of others.</summary>
public sealed class Http3ClientTests
{
    private const int Requests = 1_000;
    private const int AtOnce = 50;

    public static TheoryData<Http3PeerKind> Servers => [Http3PeerKind.Ngtcp2, Http3PeerKind.QuicGo, Http3PeerKind.Caddy, Http3PeerKind.Bun];

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task Files_arrive_whole(Http3PeerKind peer)
    {
        (string small, string large) = (Http3Files.SmallHash, Http3Files.LargeHash);
        (PeerProcess process, IPEndPoint server) = await Http3Peer.ServeAsync(peer);
        await using PeerProcess owned = process;
        await using Http3ClientConnection client = await ConnectAsync(server);
        Assert.Equal(small, await GetAsync(client, server, Http3Files.Small));
        Assert.Equal(large, await GetAsync(client, server, Http3Files.Large));
        using HttpRequestMessage missing = new(HttpMethod.Get, UrlOf(server, "missing"));
        using HttpResponseMessage response = await client.SendAsync(missing).Soon();
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        await response.Content.ReadAsByteArrayAsync().Soon();
        await NothingLeftAsync(client);
        await client.CloseAsync().Soon();
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task A_thousand_requests_go_over_one_connection(Http3PeerKind peer)
    {
        string small = Http3Files.SmallHash;
        (PeerProcess process, IPEndPoint server) = await Http3Peer.ServeAsync(peer);
        await using PeerProcess owned = process;
        await using Http3ClientConnection client = await ConnectAsync(server);
        int next = 0;
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
        {
            for (int i = Interlocked.Increment(ref next); i <= Requests; i = Interlocked.Increment(ref next))
            {
                using HttpRequestMessage request = new(HttpMethod.Get, UrlOf(server, Http3Files.Small));
                request.Headers.Add("user-agent", "quiver-interop");
                request.Headers.Add("x-number", $"{i % 100}");
                request.Headers.Add("x-always", "the same value in each request");
                using HttpResponseMessage response = await client.SendAsync(request).Soon();
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                Assert.Equal(small, Http3Files.HashOf(await response.Content.ReadAsByteArrayAsync().Soon()));
            }
        }));
        await NothingLeftAsync(client);
    }

    [Theory]
    [InlineData(Http3PeerKind.QuicGo, 300_000)]
    [InlineData(Http3PeerKind.Bun, 300_000)]
    [InlineData(Http3PeerKind.Bun, 0)]
    public async Task Content_is_echoed(Http3PeerKind peer, int length)
    {
        _ = Http3Files.SmallHash;
        (PeerProcess process, IPEndPoint server) = await Http3Peer.ServeAsync(peer);
        await using PeerProcess owned = process;
        await using Http3ClientConnection client = await ConnectAsync(server);
        byte[] content = new byte[length];
        Random.Shared.NextBytes(content);
        foreach (bool isLengthKnown in new[] { true, false })
        {
            using HttpRequestMessage request = new(HttpMethod.Post, UrlOf(server, "echo"))
            {
                Content = isLengthKnown ? new ByteArrayContent(content) : new StreamContent(new UnknownLength(content)),
            };
            using HttpResponseMessage response = await client.SendAsync(request).Soon();
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(content, await response.Content.ReadAsByteArrayAsync().Soon());
        }

        await NothingLeftAsync(client);
    }

    [Theory]
    [InlineData(Http3PeerKind.Ngtcp2, "-V")]
    [InlineData(Http3PeerKind.QuicGo, "-retry")]
    public async Task A_Retry_is_followed(Http3PeerKind peer, string option)
    {
        string small = Http3Files.SmallHash;
        (PeerProcess process, IPEndPoint server) = await Http3Peer.ServeAsync(peer, option);
        await using PeerProcess owned = process;
        await using Http3ClientConnection client = await ConnectAsync(server, options => options.AddressTokens = AddressTokenStore.None);
        Assert.True(client.Connection.IsRetried);
        Assert.Equal(small, await GetAsync(client, server, Http3Files.Small));
    }

    [Theory]
    [InlineData(Http3PeerKind.Ngtcp2, true)]
    [InlineData(Http3PeerKind.Ngtcp2, false)]
    [InlineData(Http3PeerKind.QuicGo, true)]
    [InlineData(Http3PeerKind.QuicGo, false)]
    [InlineData(Http3PeerKind.Caddy, true)]
    [InlineData(Http3PeerKind.Bun, false)]
    public async Task A_session_is_resumed(Http3PeerKind peer, bool withEarlyData)
    {
        string small = Http3Files.SmallHash;
        (PeerProcess process, IPEndPoint server) = await Http3Peer.ServeAsync(peer);
        await using PeerProcess owned = process;
        SessionTicketStore tickets = new();
        await using (Http3ClientConnection first = await ConnectAsync(server, options => options.SessionTickets = tickets))
        {
            Assert.Equal(small, await GetAsync(first, server, Http3Files.Small));
            await first.ServerSettings.Soon();
            long end = Environment.TickCount64 + 10_000;
            while (tickets.Count == 0)
            {
                Assert.True(Environment.TickCount64 < end, "No ticket came.");
                await Task.Delay(10);
            }
        }

        await using Http3ClientConnection second = await ConnectAsync(server, options =>
        {
            options.SessionTickets = tickets;
            options.EnableEarlyData = withEarlyData;
        });
        Assert.Equal(small, await GetAsync(second, server, Http3Files.Small));
        await second.Connection.HandshakeCompleted.Soon();
        Assert.True(second.Connection.IsResumed);
        Assert.Equal(withEarlyData ? QuicEarlyDataState.Accepted : QuicEarlyDataState.None, second.Connection.EarlyDataState);
        Assert.Equal(small, await GetAsync(second, server, Http3Files.Small));
        await NothingLeftAsync(second);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task Keys_are_updated_between_requests(Http3PeerKind peer)
    {
        string small = Http3Files.SmallHash;
        (PeerProcess process, IPEndPoint server) = await Http3Peer.ServeAsync(peer);
        await using PeerProcess owned = process;
        await using Http3ClientConnection client = await ConnectAsync(server);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(small, await GetAsync(client, server, Http3Files.Small));
            client.Connection.UpdateKeys();
        }

        Assert.Equal(small, await GetAsync(client, server, Http3Files.Small));
    }

    [Theory]
    [InlineData(Http3PeerKind.Ngtcp2)]
    [InlineData(Http3PeerKind.Bun)]
    public async Task A_connection_migrates_between_requests(Http3PeerKind peer)
    {
        string small = Http3Files.SmallHash;
        (PeerProcess process, IPEndPoint server) = await Http3Peer.ServeAsync(peer);
        await using PeerProcess owned = process;
        await using Http3ClientConnection client = await ConnectAsync(server);
        Assert.Equal(small, await GetAsync(client, server, Http3Files.Small));
        QuicPath path = await client.Connection.AddPathAsync(new IPEndPoint(IPAddress.Loopback, 0)).Soon();
        await path.MigrateAsync().Soon();
        Assert.Equal(path.LocalEndPoint, client.Connection.LocalEndPoint);
        Assert.Equal(Http3Files.LargeHash, await GetAsync(client, server, Http3Files.Large));
    }

    [Fact]
    public async Task Trailers_arrive()
    {
        string small = Http3Files.SmallHash;
        (PeerProcess process, IPEndPoint server) = await Http3Peer.ServeAsync(Http3PeerKind.Ngtcp2, "--send-trailers");
        await using PeerProcess owned = process;
        await using Http3ClientConnection client = await ConnectAsync(server);
        using HttpRequestMessage request = new(HttpMethod.Get, UrlOf(server, Http3Files.Small));
        using HttpResponseMessage response = await client.SendAsync(request).Soon();
        Assert.Equal(small, Http3Files.HashOf(await response.Content.ReadAsByteArrayAsync().Soon()));
        Assert.NotEmpty(response.TrailingHeaders);
    }

    [Theory]
    [InlineData(Http3PeerKind.QuicGo)]
    [InlineData(Http3PeerKind.Bun)]
    public async Task Many_fields_arrive(Http3PeerKind peer)
    {
        _ = Http3Files.SmallHash;
        (PeerProcess process, IPEndPoint server) = await Http3Peer.ServeAsync(peer);
        await using PeerProcess owned = process;
        await using Http3ClientConnection client = await ConnectAsync(server);

        // The second and third time they come from the dynamic table, if the peer has one.
        for (int i = 0; i < 3; i++)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, UrlOf(server, "headers/200"));
            for (int n = 0; n < 100; n++)
            {
                request.Headers.Add($"x-request-{n}", new string('r', n));
            }

            using HttpResponseMessage response = await client.SendAsync(request).Soon();
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            await response.Content.ReadAsByteArrayAsync().Soon();
            Assert.True(response.Headers.Count() >= 200);
        }
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task Quiver_get_speaks_HTTP3(Http3PeerKind peer)
    {
        string large = Http3Files.LargeHash;
        (PeerProcess process, IPEndPoint server) = await Http3Peer.ServeAsync(peer);
        await using PeerProcess owned = process;
        string output = Path.Combine(Workspace.Scratch, $"h3-{peer}");
        string authority = Path.Combine(await Pki.DirectoryAsync(), "ca.pem");
        await PeerProcess.RunAsync(
            Workspace.Scratch, Workspace.Tool, "get", "--h3", $"https://localhost:{server.Port}/{Http3Files.Large}", "-o", output, "--ca", authority);
        Assert.Equal(large, Http3Files.HashOf(await File.ReadAllBytesAsync(output)));
    }

    private static async Task<Http3ClientConnection> ConnectAsync(IPEndPoint server, Action<QuicClientConnectionOptions>? configure = null)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(Pki.LoadAuthority(await Pki.DirectoryAsync()));
        QuicClientConnectionOptions options = new()
        {
            RemoteEndPoint = server,
            SessionTickets = new SessionTicketStore(),
            LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            ClientAuthenticationOptions = new SslClientAuthenticationOptions { TargetHost = "localhost", CertificateChainPolicy = policy },
        };
        configure?.Invoke(options);
        return await Http3ClientConnection.ConnectAsync(options).Soon();
    }

    private static string UrlOf(IPEndPoint server, string path) => $"https://localhost:{server.Port}/{path}";

    private static async Task<string> GetAsync(Http3ClientConnection client, IPEndPoint server, string file)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, UrlOf(server, file));
        using HttpResponseMessage response = await client.SendAsync(request).Soon();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return Http3Files.HashOf(await response.Content.ReadAsByteArrayAsync().Soon());
    }

    private static async Task NothingLeftAsync(Http3ClientConnection client)
    {
        long end = Environment.TickCount64 + 20_000;
        while (client.ActiveRequests > 0 || client.Connection.GetStatistics().Streams.Any(x => x.Type == QuicStreamType.Bidirectional))
        {
            Assert.True(Environment.TickCount64 < end, "Streams are left.");
            await Task.Delay(10);
        }
    }

    private sealed class UnknownLength(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
