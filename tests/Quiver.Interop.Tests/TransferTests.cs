using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Quiver.Interop.Tests;

/// <summary>Bytes both ways, compared: by us as client, by the peer as client; one stream and many; opened by either side.</summary>
public sealed class TransferTests
{
    private const int TenMegabytes = 10_000_000;
    private const int Streams = 50;

    [Theory]
    [MemberData(nameof(Matrix.Peers), MemberType = typeof(Matrix))]
    public async Task Client_moves_10_MB_both_ways_on_one_stream(PeerKind peer)
    {
        (PeerProcess process, IPEndPoint server) = await SharedPeer.ServeAsync(peer);
        await using PeerProcess owned = process;
        await using QuicConnection connection = await Ours.ConnectAsync(server, SharedPeer.EchoProtocol);
        await Echo.SendAsync(connection, TenMegabytes);
    }

    [Theory]
    [MemberData(nameof(Matrix.Peers), MemberType = typeof(Matrix))]
    public async Task Client_moves_10_MB_both_ways_on_50_streams_at_once(PeerKind peer)
    {
        (PeerProcess process, IPEndPoint server) = await SharedPeer.ServeAsync(peer);
        await using PeerProcess owned = process;
        await using QuicConnection connection = await Ours.ConnectAsync(server, SharedPeer.EchoProtocol);
        await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => Echo.SendAsync(connection, TenMegabytes / Streams)));
    }

    // Not peer.mjs of quiche: it copies all that it has at every packet, which takes it half a minute with any server. The next but one
    // has quiche do the same.
    [Theory]
    [InlineData(PeerKind.QuicGo)]
    [InlineData(PeerKind.Quinn)]
    public Task Server_moves_10_MB_both_ways_on_one_stream(PeerKind peer) => ServeAsync(peer, 1, TenMegabytes);

    [Theory]
    [MemberData(nameof(Matrix.Peers), MemberType = typeof(Matrix))]
    public Task Server_moves_10_MB_both_ways_on_50_streams_at_once(PeerKind peer) => ServeAsync(peer, Streams, TenMegabytes / Streams);

    // What the peer gets on unidirectional streams comes back on ones of its own.
    [Theory]
    [MemberData(nameof(Matrix.Peers), MemberType = typeof(Matrix))]
    public async Task Client_moves_data_on_unidirectional_streams(PeerKind peer)
    {
        (PeerProcess process, IPEndPoint server) = await SharedPeer.ServeAsync(peer);
        await using PeerProcess owned = process;
        await using QuicConnection connection = await Ours.ConnectAsync(server, SharedPeer.EchoProtocol);
        byte[] payload = RandomNumberGenerator.GetBytes(200_000);
        // All at the same time: a peer stops reading a stream whose counterpart we do not read, and what it has not read counts against
        // the one limit that all streams share.
        Task writing = Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon();
            await stream.WriteAsync(payload, completeWrites: true).Soon();
        }));
        Task reading = Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            await using QuicStream stream = await connection.AcceptInboundStreamAsync().Soon();
            Assert.Equal(QuicStreamType.Unidirectional, stream.Type);
            Assert.False(stream.CanWrite);
            using var all = new MemoryStream();
            await stream.CopyToAsync(all).Soon();
            Assert.Equal(payload, all.ToArray());
        }));
        await Task.WhenAll(writing, reading);
    }

    [Theory]
    [InlineData(PeerKind.QuicGo, "-uni")]
    [InlineData(PeerKind.Quiche, "--uni")]
    [InlineData(PeerKind.Quinn, "--uni")]
    public async Task Server_moves_data_on_unidirectional_streams(PeerKind peer, string option)
    {
        Installation.Require(peer);
        await using QuicListener listener = await Ours.ListenAsync(SharedPeer.EchoProtocol);
        await using PeerProcess client = await SharedPeer.EchoAsync(peer, listener.LocalEndPoint, 1, 200_000, option, "10");
        await using QuicConnection connection = await listener.AcceptConnectionAsync().Soon();
        Task serving = Echo.ServeAsync(connection);
        await client.SucceededAsync();
        await serving.Soon();
    }

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public Task A_stream_that_the_peer_opens_carries_10_MB_both_ways(PeerKind peer, Side side) => OrderStreamsAsync(peer, side, 1);

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public Task Fifty_streams_that_the_peer_opens_carry_10_MB_both_ways(PeerKind peer, Side side) => OrderStreamsAsync(peer, side, Streams);

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Fifty_streams_at_once_carry_1_MB_each_both_ways(PeerKind peer, Side side)
    {
        await using OrderedPeer ordered = await OrderedPeer.StartAsync(peer, side);
        await Task.WhenAll(Enumerable.Range(0, Streams).Select(async _ =>
        {
            await using QuicStream stream = await ordered.OrderAsync("echo");
            await Echo.SendAsync(stream, 1_000_000);
        }));
    }

    private static async Task ServeAsync(PeerKind peer, int streams, int bytes)
    {
        Installation.Require(peer);
        await using QuicListener listener = await Ours.ListenAsync(SharedPeer.EchoProtocol);
        await using PeerProcess client = await SharedPeer.EchoAsync(peer, listener.LocalEndPoint, streams, bytes);
        await using QuicConnection connection = await listener.AcceptConnectionAsync().Soon();
        Task serving = Echo.ServeAsync(connection);
        await client.SucceededAsync();
        await serving.Soon();
    }

    private static async Task OrderStreamsAsync(PeerKind peer, Side side, int streams)
    {
        await using OrderedPeer ordered = await OrderedPeer.StartAsync(peer, side);
        Task serving = Echo.ServeAsync(ordered.Connection);
        QuicStream order = await ordered.OrderAsync($"open {streams} {TenMegabytes / streams}");
        using var answer = new StreamReader(order, Encoding.ASCII);
        Assert.Equal("same", await answer.ReadToEndAsync().Soon());
        await ordered.Connection.CloseAsync(0).Soon();
        await serving.Soon();
    }
}
