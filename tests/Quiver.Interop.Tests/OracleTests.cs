using System.Net;

namespace Quiver.Interop.Tests;

/// <summary>Wireshark reads all that we send: each packet is decrypted with our key log, and each frame is known and whole.</summary>
public sealed class OracleTests
{
    private const int Bytes = 2_000_000;

    // Both ways, in packets of no more than 1,500 bytes.
    private const int PacketsAtLeast = 2 * Bytes / 1500;

    [Fact]
    public async Task Our_client_and_our_server()
    {
        Installation.RequireCapture();
        Capture.UseSingleDatagrams();
        await using QuicListener listener = await Ours.ListenAsync(SharedPeer.EchoProtocol);
        await using Capture capture = await Capture.StartAsync(listener.LocalEndPoint.Port);
        await using (QuicConnection client = await Ours.ConnectAsync(listener.LocalEndPoint, SharedPeer.EchoProtocol))
        await using (QuicConnection server = await listener.AcceptConnectionAsync().Soon())
        {
            Task serving = Echo.ServeAsync(server);
            await ExerciseAsync(client);
            await client.CloseAsync(7).Soon();
            await serving.Soon();
        }

        Assert.InRange(await capture.JudgeAsync(), PacketsAtLeast, int.MaxValue);
    }

    // Not quinn: its own packets come in GSO batches, of which tshark reads the first packet only.
    [Theory]
    [InlineData(PeerKind.QuicGo)]
    [InlineData(PeerKind.Quiche)]
    public async Task Our_client_and_a_peers_server(PeerKind peer)
    {
        Installation.RequireCapture();
        Installation.Require(peer);
        (PeerProcess process, IPEndPoint server) = await SharedPeer.ServeAsync(peer);
        await using PeerProcess owned = process;
        Capture.UseSingleDatagrams();
        await using Capture capture = await Capture.StartAsync(server.Port);
        await using (QuicConnection client = await Ours.ConnectAsync(server, SharedPeer.EchoProtocol))
        {
            await ExerciseAsync(client);
            await client.CloseAsync(7).Soon();
        }

        Assert.InRange(await capture.JudgeAsync(), 1, int.MaxValue);
    }

    [Theory]
    [InlineData("aes256")]
    [InlineData("chacha20")]
    public async Task Our_server_and_quic_gos_client_with_key_updates(string cipher)
    {
        Installation.RequireCapture();
        Installation.Require(PeerKind.QuicGo);
        Capture.UseSingleDatagrams();
        await using QuicListener listener = await Ours.ListenAsync(SharedPeer.EchoProtocol);
        await using Capture capture = await Capture.StartAsync(listener.LocalEndPoint.Port);
        await using PeerProcess client = await SharedPeer.EchoAsync(
            PeerKind.QuicGo, listener.LocalEndPoint, 1, Bytes, "-keyupdate", "100", "-cipher", cipher);
        await using QuicConnection connection = await listener.AcceptConnectionAsync().Soon();
        Task serving = Echo.ServeAsync(connection);
        await client.SucceededAsync();
        await serving.Soon();
        Assert.InRange(await capture.JudgeAsync(), PacketsAtLeast, int.MaxValue);
    }

    // Data, many streams, one that is aborted both ways: most frames that there are.
    private static async Task ExerciseAsync(QuicConnection client)
    {
        await Echo.SendAsync(client, Bytes);
        await Task.WhenAll(Enumerable.Range(0, 120).Select(_ => Echo.SendAsync(client, 5_000)));
        await using (QuicStream aborted = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon())
        {
            await aborted.WriteAsync(new byte[100_000]).Soon();
            await aborted.ReadExactlyAsync(new byte[1000]).AsTask().Soon();
            aborted.Abort(QuicAbortDirection.Both, 5);
        }

        await Echo.SendAsync(client, 1000);
    }
}
