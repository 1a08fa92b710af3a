using System.Net;

namespace Quiver.Interop.Tests;

/// <summary>Sessions that are resumed, and early data, with foreign clients and servers.</summary>
public sealed class ResumptionTests
{
    [Theory]
    [MemberData(nameof(Matrix.Peers), MemberType = typeof(Matrix))]
    [Rfc(9846, "2.2")]
    public async Task We_resume_at_the_peers_server(PeerKind peer)
    {
        (PeerProcess process, IPEndPoint server) = await SharedPeer.ServeAsync(peer);
        await using PeerProcess owned = process;
        SessionTicketStore store = await FirstAsync(server);
        await using QuicConnection second = await Ours.ConnectAsync(server, SharedPeer.EchoProtocol, configure: x => x.SessionTickets = store);
        Assert.True(second.IsResumed);
        Assert.NotNull(second.RemoteCertificate);
        await Echo.SendAsync(second, 100_000);
    }

    [Theory]
    [MemberData(nameof(Matrix.Peers), MemberType = typeof(Matrix))]
    [Rfc(9001, "4.6")]
    public async Task The_peers_server_takes_our_early_data(PeerKind peer)
    {
        (PeerProcess process, IPEndPoint server) = await SharedPeer.ServeAsync(peer);
        await using PeerProcess owned = process;
        SessionTicketStore store = await FirstAsync(server);
        await using QuicConnection second = await Ours.ConnectAsync(
            server,
            SharedPeer.EchoProtocol,
            configure: x =>
            {
                x.SessionTickets = store;
                x.EnableEarlyData = true;
            });
        Assert.NotEqual(QuicEarlyDataState.None, second.EarlyDataState);
        await Echo.SendAsync(second, 20_000);
        await second.HandshakeCompleted.Soon();
        Assert.Equal(QuicEarlyDataState.Accepted, second.EarlyDataState);
        Assert.True(second.IsResumed);
    }

    // Deno has no switch for resumption alone.
    [Theory]
    [InlineData(PeerKind.QuicGo, "-resume")]
    [InlineData(PeerKind.Quiche, "--resume")]
    public async Task The_peers_client_resumes_at_our_server(PeerKind peer, string option)
    {
        await using EchoServer server = await EchoServer.StartAsync(allowEarlyData: false);
        await using PeerProcess client = await SharedPeer.EchoAsync(peer, server.EndPoint, 2, 20_000, option);
        string output = await client.SucceededAsync();
        Assert.Contains("\"resumed\":true", output, StringComparison.Ordinal);
        Assert.Equal([false, true], server.Resumed);
        Assert.DoesNotContain(QuicEarlyDataState.Accepted, server.EarlyData);
    }

    [Theory]
    [InlineData(PeerKind.QuicGo, "-0rtt")]
    [InlineData(PeerKind.Quiche, "--zrtt")]
    [InlineData(PeerKind.Quinn, "--zrtt")]
    public async Task Our_server_takes_the_peers_early_data(PeerKind peer, string option)
    {
        await using EchoServer server = await EchoServer.StartAsync(allowEarlyData: true);
        await using PeerProcess client = await SharedPeer.EchoAsync(peer, server.EndPoint, 2, 20_000, option);
        string output = await client.SucceededAsync();
        Assert.Contains(peer == PeerKind.QuicGo ? "\"used0rtt\":true" : "\"early\":true", output, StringComparison.Ordinal);
        Assert.Equal([false, true], server.Resumed);
        Assert.Equal(QuicEarlyDataState.Accepted, server.EarlyData[1]);
    }

    // The client did not ask for this: its early data is refused, and it goes on all the same.
    [Fact]
    [Rfc(9001, "4.6.2")]
    public async Task A_peer_whose_early_data_is_refused_goes_on()
    {
        await using EchoServer server = await EchoServer.StartAsync(allowEarlyData: true, filter: new RefusingFilter());
        await using PeerProcess client = await SharedPeer.EchoAsync(PeerKind.Quiche, server.EndPoint, 2, 20_000, "--zrtt");
        await client.LineAsync("\"resumed\":true");
        Assert.Equal([false, true], server.Resumed);
        Assert.Equal(QuicEarlyDataState.Rejected, server.EarlyData[1]);
    }

    /// <summary>A first connection, which brings tickets.</summary>
    private static async Task<SessionTicketStore> FirstAsync(IPEndPoint server)
    {
        SessionTicketStore store = new();
        await using QuicConnection first = await Ours.ConnectAsync(server, SharedPeer.EchoProtocol, configure: x => x.SessionTickets = store);
        Assert.False(first.IsResumed);
        await Echo.SendAsync(first, 1000);
        for (int i = 0; store.Count == 0 && i < 300; i++)
        {
            await Task.Delay(10);
        }

        Assert.NotEqual(0, store.Count);
        return store;
    }

    private sealed class RefusingFilter : IReplayFilter
    {
        public bool TryAccept(ReadOnlySpan<byte> attempt, DateTimeOffset ticketIssuedAt) => false;
    }

    /// <summary>Our echo server, which notes how connections began.</summary>
    private sealed class EchoServer : IAsyncDisposable
    {
        private readonly QuicListener _listener;
        private readonly Task _serving;

        private EchoServer(QuicListener listener)
        {
            _listener = listener;
            _serving = ServeAsync();
        }

        public IPEndPoint EndPoint => _listener.LocalEndPoint;

        public List<bool> Resumed { get; } = [];

        public List<QuicEarlyDataState> EarlyData { get; } = [];

        public static async Task<EchoServer> StartAsync(bool allowEarlyData, IReplayFilter? filter = null) => new(await Ours.ListenAsync(
            SharedPeer.EchoProtocol,
            configure: x =>
            {
                x.AllowEarlyData = allowEarlyData;
                x.ReplayFilter = filter;
            }));

        public async ValueTask DisposeAsync()
        {
            await _listener.DisposeAsync();
            await _serving.Soon();
        }

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    QuicConnection connection = await _listener.AcceptConnectionAsync();
                    Resumed.Add(connection.IsResumed);
                    EarlyData.Add(connection.EarlyDataState);
                    _ = ServeAsync(connection);
                }
            }
            catch (ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private static async Task ServeAsync(QuicConnection connection)
        {
            await using (connection)
            {
                await Echo.ServeAsync(connection);
            }
        }
    }
}
