using System.Net;

namespace Quiver.Interop.Tests;

/// <summary>Peers that go without a word.</summary>
public sealed class EndTests
{
    private const string ResetKey = "0123456789abcdef0123456789abcdef";

    // The kernel answers for the dead with ICMP, which must not end a connection: anyone can send that.
    [Theory]
    [Rfc(9000, "10.1")]
    [MemberData(nameof(Matrix.Peers), MemberType = typeof(Matrix))]
    public async Task A_peer_that_dies_is_ConnectionIdle(PeerKind peer)
    {
        (PeerProcess process, IPEndPoint server) = await SharedPeer.ServeAsync(peer);
        await using PeerProcess owned = process;
        await using QuicConnection connection = await Ours.ConnectAsync(
            server, SharedPeer.EchoProtocol, configure: x => x.IdleTimeout = TimeSpan.FromSeconds(3));
        await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await stream.WriteAsync(new byte[100]).Soon();
        await stream.ReadExactlyAsync(new byte[100]).AsTask().Soon();
        await process.DisposeAsync();
        await stream.WriteAsync(new byte[100]).Soon();
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => stream.ReadAsync(new byte[100]).Soon());
        Assert.Equal(QuicError.ConnectionIdle, e.QuicError);
    }

    [Fact]
    [Rfc(9000, "10.3")]
    public async Task A_server_that_has_forgotten_us_resets_the_connection()
    {
        (PeerProcess first, IPEndPoint server) = await SharedPeer.ServeAsync(PeerKind.QuicGo, "-resetkey", ResetKey);
        await using PeerProcess ownedFirst = first;
        await using QuicConnection connection = await Ours.ConnectAsync(server, SharedPeer.EchoProtocol);
        await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await stream.WriteAsync(new byte[100]).Soon();
        await stream.ReadExactlyAsync(new byte[100]).AsTask().Soon();
        await first.DisposeAsync();

        (PeerProcess second, _) = await SharedPeer.ServeAsync(PeerKind.QuicGo, "-resetkey", ResetKey, "-addr", server.ToString());
        await using PeerProcess ownedSecond = second;
        await stream.WriteAsync(new byte[1000]).Soon();
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => stream.ReadAsync(new byte[100]).Soon());
        Assert.NotEqual(QuicError.ConnectionIdle, e.QuicError);
        Assert.Equal(QuicError.ConnectionAborted, e.QuicError);
    }
}
