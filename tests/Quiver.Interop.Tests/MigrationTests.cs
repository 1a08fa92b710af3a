using System.Net;

namespace Quiver.Interop.Tests;

/// <summary>Connections that go from one address to another, with foreign clients and servers.</summary>
public sealed class MigrationTests
{
    private static readonly IPEndPoint s_anyPort = new(IPAddress.Loopback, 0);

    [Theory]
    [InlineData("--rebind")]
    [InlineData("--migrate")]
    [Rfc(9000, "9.3")]
    public async Task Our_server_follows_quiches_client(string option)
    {
        await using QuicListener listener = await Ours.ListenAsync(SharedPeer.EchoProtocol);
        await using PeerProcess client = await SharedPeer.EchoAsync(PeerKind.Quiche, listener.LocalEndPoint, 3, 2_000_000, option);
        await using QuicConnection connection = await listener.AcceptConnectionAsync().Soon();
        IPEndPoint first = connection.RemoteEndPoint;
        Task serving = Echo.ServeAsync(connection);
        string output = await client.SucceededAsync();
        await serving.Soon();
        Assert.NotEqual(first, connection.RemoteEndPoint);
        Assert.Contains("\"wrong\":false", output, StringComparison.Ordinal);
        if (option == "--migrate")
        {
            Assert.Contains("Validated", output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(PeerKind.Quiche)]
    [InlineData(PeerKind.Quinn)]
    [Rfc(9000, "9.2")]
    public async Task The_peers_server_follows_us_there_and_back(PeerKind peer)
    {
        (PeerProcess process, IPEndPoint server) = await SharedPeer.ServeAsync(peer);
        await using PeerProcess owned = process;
        await using QuicConnection connection = await Ours.ConnectAsync(server, SharedPeer.EchoProtocol);
        await Echo.SendAsync(connection, 100_000);
        QuicPath first = connection.CurrentPath;
        QuicPath second = await connection.AddPathAsync(s_anyPort).Soon();
        Assert.NotEqual(first.LocalEndPoint, second.LocalEndPoint);
        Task transfer = Echo.SendAsync(connection, 5_000_000);
        foreach (QuicPath next in new[] { second, first, second })
        {
            await next.MigrateAsync().Soon();
            await Echo.SendAsync(connection, 100_000);
            Assert.Equal(next.LocalEndPoint, connection.LocalEndPoint);
        }

        await transfer;

        // The first socket is given up: all comes by the second.
        await first.DisposeAsync();
        await Echo.SendAsync(connection, 1_000_000);
    }

    [Fact]
    [Rfc(9000, "9"), Rfc(9000, "18.2")]
    public async Task Quic_gos_server_asks_us_to_stay_and_we_do()
    {
        (PeerProcess process, IPEndPoint server) = await SharedPeer.ServeAsync(PeerKind.QuicGo);
        await using PeerProcess owned = process;
        await using QuicConnection connection = await Ours.ConnectAsync(server, SharedPeer.EchoProtocol);
        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(() => connection.AddPathAsync(s_anyPort).AsTask());
        Assert.Contains("disable_active_migration", refused.Message, StringComparison.Ordinal);
        await Echo.SendAsync(connection, 100_000);
    }

    [Fact]
    [Rfc(9000, "9.6")]
    public async Task We_go_to_the_address_that_quinn_prefers()
    {
        Installation.Require(PeerKind.Quinn);
        string pki = await Pki.DirectoryAsync();
        await using PeerProcess process = OwnPeer.Script(
            PeerKind.Quinn, "server", "--host", "0.0.0.0", "--port", "0", "--cert", Path.Combine(pki, "cert.pem"), "--key", Path.Combine(pki, "key.pem"),
            "--preferred", "127.0.0.7");
        IPEndPoint server = await SharedPeer.ListeningAsync(process);
        await using QuicConnection connection = await Ours.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port), OrderedPeer.Protocol);
        for (int i = 0; !connection.RemoteEndPoint.Address.Equals(IPAddress.Parse("127.0.0.7")) && i < 300; i++)
        {
            await Task.Delay(10);
        }

        Assert.Equal("127.0.0.7", connection.RemoteEndPoint.Address.ToString());
        await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await stream.WriteAsync("echo\n"u8.ToArray()).Soon();
        await Echo.SendAsync(stream, 500_000);
    }

    // quinn's client goes on at the same address: it does not act on a preferred one, nor may it mind.
    [Theory]
    [MemberData(nameof(Matrix.Peers), MemberType = typeof(Matrix))]
    [Rfc(9000, "9.6.1")]
    public async Task The_peers_client_is_served_whether_it_goes_to_our_preferred_address_or_not(PeerKind peer)
    {
        await using QuicListener listener = await Ours.ListenAsync(
            SharedPeer.EchoProtocol, listener: options => options.PreferredIPv4EndPoint = new IPEndPoint(IPAddress.Parse("127.0.0.8"), 0));
        await using PeerProcess client = await SharedPeer.EchoAsync(peer, listener.LocalEndPoint, 3, 500_000);
        await using QuicConnection connection = await listener.AcceptConnectionAsync().Soon();
        Task serving = Echo.ServeAsync(connection);
        await client.SucceededAsync();
        await serving.Soon();
    }

    [Fact]
    [Rfc(9000, "9.2")]
    public async Task Client_follows_when_the_machines_addresses_change()
    {
        Installation.RequireNamespaces();
        string self = Environment.ProcessPath!; // a program
        string output = await PeerProcess.RunAsync(
            Workspace.Scratch, "unshare", "-n", self, "-explicit", "only", "-method", $"*{nameof(MigrationTests)}.{nameof(In_a_network_of_its_own)}");
        Assert.Contains("Total: 1,", output, StringComparison.Ordinal);
        Assert.Contains("Failed: 0,", output, StringComparison.Ordinal);
    }

    /// <summary>For the test above, which runs it in a namespace: it changes the addresses of its network.</summary>
    [Fact(Explicit = true)]
    public async Task In_a_network_of_its_own()
    {
        await IpAsync("link set lo up");
        await IpAsync("addr add 10.8.0.1/32 dev lo");
        await IpAsync("addr add 10.9.0.9/32 dev lo");
        await IpAsync("route replace local 10.9.0.9 dev lo table local scope host src 10.8.0.1");
        await using QuicListener listener = await Ours.ListenAsync(SharedPeer.EchoProtocol, IPAddress.Parse("10.9.0.9"));
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        await using QuicConnection client = await Ours.ConnectAsync(
            listener.LocalEndPoint, SharedPeer.EchoProtocol, configure: options => options.MigrateOnNetworkChange = true);
        await using QuicConnection server = await accept;
        Task serving = Echo.ServeAsync(server);
        await Echo.SendAsync(client, 100_000);
        Assert.Equal("10.8.0.1", server.RemoteEndPoint.Address.ToString());
        await IpAsync("addr add 10.8.0.2/32 dev lo");
        await IpAsync("route replace local 10.9.0.9 dev lo table local scope host src 10.8.0.2");
        await IpAsync("addr del 10.8.0.1/32 dev lo");
        for (int i = 0; !client.LocalEndPoint.Address.Equals(IPAddress.Parse("10.8.0.2")) && i < 1000; i++)
        {
            await Task.Delay(10);
        }

        Assert.Equal("10.8.0.2", client.LocalEndPoint.Address.ToString());
        await Echo.SendAsync(client, 100_000);
        Assert.Equal(client.LocalEndPoint, server.RemoteEndPoint);
        await client.DisposeAsync();
        await serving.Soon();
    }

    private static Task IpAsync(string arguments) => PeerProcess.RunAsync(Workspace.Scratch, "ip", arguments.Split(' '));
}
