using System.Net;

namespace Quiver.Interop.Tests;

/// <summary>Retry and address tokens between us and foreign clients and servers.</summary>
public sealed class RetryTests
{
    [Theory]
    [MemberData(nameof(Matrix.Peers), MemberType = typeof(Matrix))]
    [Rfc(9000, "8.1.2")]
    public async Task The_peers_client_follows_our_retry(PeerKind peer)
    {
        int asked = 0;
        await using QuicListener listener = await Ours.ListenAsync(
            SharedPeer.EchoProtocol, listener: x => x.RetryCallback = _ => Interlocked.Increment(ref asked) > 0);
        await using PeerProcess client = await SharedPeer.EchoAsync(peer, listener.LocalEndPoint, 2, 20_000);
        await using (QuicConnection connection = await listener.AcceptConnectionAsync().Soon())
        {
            Task serving = Echo.ServeAsync(connection);
            await client.SucceededAsync();
            await serving.Soon();
        }

        Assert.True(asked > 0);
    }

    [Theory]
    [InlineData(PeerKind.QuicGo, "-retry")]
    [InlineData(PeerKind.Quiche, "--retry")]
    [Rfc(9000, "17.2.5.2")]
    public async Task We_follow_the_peers_retry(PeerKind peer, string option)
    {
        (PeerProcess process, IPEndPoint server) = await SharedPeer.ServeAsync(peer, option);
        await using PeerProcess owned = process;
        await using QuicConnection connection = await Ours.ConnectAsync(server, SharedPeer.EchoProtocol, configure: x => x.AddressTokens = AddressTokenStore.None);
        await Echo.SendAsync(connection, 20_000);
    }

    [Fact]
    [Rfc(9000, "8.1.3")]
    public async Task The_token_of_quic_gos_server_is_kept_and_used()
    {
        (PeerProcess process, IPEndPoint server) = await SharedPeer.ServeAsync(PeerKind.QuicGo, "-retry");
        await using PeerProcess owned = process;
        var store = new AddressTokenStore();
        await using (QuicConnection first = await Ours.ConnectAsync(server, SharedPeer.EchoProtocol, configure: x => x.AddressTokens = store))
        {
            await Echo.SendAsync(first, 20_000);
            for (int i = 0; store.Count == 0 && i < 300; i++)
            {
                await Task.Delay(10);
            }
        }

        Assert.Equal(1, store.Count);
        await using QuicConnection second = await Ours.ConnectAsync(
            server,
            SharedPeer.EchoProtocol,
            configure: x =>
            {
                x.AddressTokens = store;
                x.SessionTickets = new SessionTicketStore();
            });
        await Echo.SendAsync(second, 20_000);
    }
}
