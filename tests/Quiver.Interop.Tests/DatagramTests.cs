using System.Net;

namespace Quiver.Interop.Tests;

/// <summary>Unreliable datagrams that peers send back, and peers' that we send back.</summary>
public sealed class DatagramTests
{
    private const int Count = 20;

    [Theory]
    [Rfc(9221, "4")]
    [MemberData(nameof(Matrix.Peers), MemberType = typeof(Matrix))]
    public async Task Our_datagrams_come_back(PeerKind peer)
    {
        (PeerProcess process, IPEndPoint server) = await SharedPeer.ServeAsync(peer);
        await using PeerProcess owned = process;
        await using QuicConnection connection = await Ours.ConnectAsync(server, SharedPeer.EchoProtocol, configure: options => options.EnableDatagrams = true);
        Assert.InRange(connection.MaxDatagramSize, 1000, 1200);
        byte[] buffer = new byte[1200];
        for (int i = 0; i < Count; i++)
        {
            byte[] datagram = new byte[1 + (i * 50)];
            Random.Shared.NextBytes(datagram);
            await connection.SendDatagramAsync(datagram).Soon();
            int length = await connection.ReceiveDatagramAsync(buffer).Soon();
            Assert.Equal(datagram, buffer.AsSpan(0, length).ToArray());
        }
    }

    [Theory]
    [Rfc(9221, "4")]
    [MemberData(nameof(Matrix.Peers), MemberType = typeof(Matrix))]
    public async Task The_peers_datagrams_are_sent_back(PeerKind peer)
    {
        Installation.Require(peer);
        await using QuicListener listener = await Ours.ListenAsync(SharedPeer.EchoProtocol, configure: options => options.EnableDatagrams = true);
        string flag = peer == PeerKind.QuicGo ? "-datagrams" : "--datagrams";
        await using PeerProcess client = await SharedPeer.EchoAsync(peer, listener.LocalEndPoint, streams: 1, bytes: 1000, flag, Count.ToString());
        await using QuicConnection connection = await listener.AcceptConnectionAsync().Soon();
        Task returning = ReturnAsync(connection);
        await Echo.ServeAsync(connection);
        await returning.Soon();
        await client.SucceededAsync();
    }

    private static async Task ReturnAsync(QuicConnection connection)
    {
        byte[] buffer = new byte[1200];
        try
        {
            while (true)
            {
                int length = await connection.ReceiveDatagramAsync(buffer);
                await connection.SendDatagramAsync(buffer.AsMemory(0, length));
            }
        }
        catch (QuicException e) when (e.QuicError is QuicError.ConnectionAborted)
        {
            // The peer has all it waited for.
        }
    }
}
