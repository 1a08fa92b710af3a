using System.Net;
using System.Net.Sockets;
using Quiver.Testing;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>Connections that go from one address to another, over real sockets.</summary>
public sealed class PathTests
{
    private static readonly IPEndPoint s_anyPort = new(IPAddress.Loopback, 0);

    [Fact, Rfc(9000, "9.3")]
    public async Task End_points_of_the_server_s_connection_follow_a_rebinding()
    {
        await using QuicListener listener = await Loopback.ListenAsync();
        using RebindingRelay relay = new(listener.LocalEndPoint);
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        await using QuicConnection client = await QuicConnection.ConnectAsync(Loopback.ClientOptions(relay.EndPoint)).Soon();
        await using QuicConnection server = await accept;
        Assert.Equal(relay.OutsideOf(client.LocalEndPoint), server.RemoteEndPoint);
        await EchoAsync(client, server);
        for (int i = 2; i < 5; i++)
        {
            IPEndPoint before = server.RemoteEndPoint;
            relay.Rebind(client.LocalEndPoint, i == 3 ? IPAddress.Parse("127.0.0.3") : null);
            await EchoAsync(client, server);
            Assert.NotEqual(before, relay.OutsideOf(client.LocalEndPoint));
            Assert.Equal(relay.OutsideOf(client.LocalEndPoint), server.RemoteEndPoint);
            Assert.Equal(relay.OutsideOf(client.LocalEndPoint), server.CurrentPath.RemoteEndPoint);
            Assert.Equal(listener.LocalEndPoint, server.LocalEndPoint);
            Assert.Equal(relay.EndPoint, client.RemoteEndPoint);
        }
    }

    [Theory, Rfc(9000, "9.2")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.2")]
    [InlineData("0.0.0.0")]
    public async Task Client_moves_to_another_path_and_back(string address)
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        QuicPath first = pair.Client.CurrentPath;
        Assert.True(first.IsActive);
        await using QuicPath second = await pair.Client.AddPathAsync(new IPEndPoint(IPAddress.Parse(address), 0)).Soon();
        Assert.False(second.IsActive);
        Assert.NotEqual(first.LocalEndPoint, second.LocalEndPoint);
        Assert.Equal(address == "127.0.0.2" ? "127.0.0.2" : "127.0.0.1", second.LocalEndPoint.Address.ToString());
        Assert.Equal(pair.Listener.LocalEndPoint, second.RemoteEndPoint);
        Task transfer = TransferAsync(pair, 20_000_000);
        foreach (QuicPath next in new[] { second, first, second, first })
        {
            await next.MigrateAsync().Soon();
            Assert.True(next.IsActive);
            Assert.Equal(next.LocalEndPoint, pair.Client.LocalEndPoint);
            Assert.Equal(next.LocalEndPoint, pair.Client.CurrentPath.LocalEndPoint);
            await Eventually.EqualAsync(next.LocalEndPoint, () => pair.Server.RemoteEndPoint);
        }

        await transfer;
        Assert.False(second.IsActive);
    }

    [Fact]
    public async Task Path_of_an_endpoint_s_connection_has_ids_of_the_endpoint_s_kind()
    {
        await using QuicListener listener = await Loopback.ListenAsync();
        await using QuicEndpoint endpoint = QuicEndpoint.Bind(s_anyPort, new QuicEndpointOptions { ConnectionIdGenerator = new Longer() });
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        await using QuicConnection client = await endpoint.ConnectAsync(Loopback.ClientOptions(listener.LocalEndPoint)).Soon();
        await using QuicConnection server = await accept;
        QuicPath path = await client.AddPathAsync(s_anyPort).Soon();
        await path.MigrateAsync();
        await EchoAsync(client, server);
        Assert.Equal(path.LocalEndPoint, server.RemoteEndPoint);
        Assert.NotEqual(endpoint.LocalEndPoint, server.RemoteEndPoint);
    }

    [Fact]
    public async Task Path_from_a_given_port_gives_it_back_at_the_end()
    {
        IPEndPoint wanted = FreePort();
        await using (ConnectedPair pair = await ConnectedPair.CreateAsync())
        {
            QuicPath path = await pair.Client.AddPathAsync(wanted).Soon();
            Assert.Equal(wanted, path.LocalEndPoint);
            Assert.Throws<SocketException>(() => new UdpClient(wanted));
            await path.MigrateAsync();
            await path.DisposeAsync();
            await EchoAsync(pair.Client, pair.Server);
            Assert.True(path.IsActive); // it goes when the connection has gone elsewhere
            QuicPath other = await pair.Client.AddPathAsync(s_anyPort).Soon();
            await other.MigrateAsync();
            await EventuallyFreeAsync(wanted);
            await Assert.ThrowsAsync<ObjectDisposedException>(() => path.MigrateAsync().AsTask());
            await EchoAsync(pair.Client, pair.Server);
            wanted = FreePort();
            _ = await pair.Client.AddPathAsync(wanted).Soon();
        }

        await EventuallyFreeAsync(wanted);
    }

    [Fact]
    public async Task Path_that_does_not_answer_fails_and_a_cancelled_one_goes()
    {
        await using QuicListener listener = await Loopback.ListenAsync();
        using RebindingRelay relay = new(listener.LocalEndPoint);
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        await using QuicConnection client = await QuicConnection.ConnectAsync(Loopback.ClientOptions(relay.EndPoint)).Soon();
        await using QuicConnection server = await accept;
        IPEndPoint known = client.LocalEndPoint;
        relay.Admits = known.Equals;
        Task<QuicPath> silent = client.AddPathAsync(s_anyPort).AsTask();
        using CancellationTokenSource cancelled = new(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.AddPathAsync(s_anyPort, cancelled.Token).Soon());
        QuicException failure = await Assert.ThrowsAsync<QuicException>(() => silent.Soon());
        Assert.Equal(QuicError.PathFailed, failure.QuicError);
        await EchoAsync(client, server);
        Assert.Equal(known, client.LocalEndPoint);
    }

    [Fact]
    public async Task Path_that_is_being_tried_ends_with_the_connection()
    {
        await using QuicListener listener = await Loopback.ListenAsync();
        using RebindingRelay relay = new(listener.LocalEndPoint);
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        QuicConnection client = await QuicConnection.ConnectAsync(Loopback.ClientOptions(relay.EndPoint)).Soon();
        await using QuicConnection server = await accept;
        relay.Admits = client.LocalEndPoint.Equals;
        Task<QuicPath> tried = client.AddPathAsync(s_anyPort).AsTask();
        QuicPath current = client.CurrentPath;
        await server.CloseAsync(5).Soon();
        await AssertQuic.ErrorAsync(QuicError.ConnectionAborted, 5, () => tried);
        await AssertQuic.ErrorAsync(QuicError.ConnectionAborted, 5, () => current.MigrateAsync().AsTask());
        await client.DisposeAsync().Soon();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.AddPathAsync(s_anyPort).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => current.MigrateAsync().AsTask());
        await current.DisposeAsync();
    }

    [Fact]
    public async Task Server_and_too_many_paths_and_wrong_addresses_are_refused()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => pair.Server.AddPathAsync(s_anyPort).AsTask());
        await Assert.ThrowsAsync<InvalidOperationException>(() => pair.Server.CurrentPath.MigrateAsync().AsTask());
        await Assert.ThrowsAsync<ArgumentNullException>(() => pair.Client.AddPathAsync(null!).AsTask());
        await Assert.ThrowsAsync<SocketException>(() => pair.Client.AddPathAsync(new IPEndPoint(IPAddress.IPv6Loopback, 0)).AsTask());
        await Assert.ThrowsAsync<SocketException>(() => pair.Client.AddPathAsync(new IPEndPoint(IPAddress.Parse("192.0.2.77"), 0)).AsTask());
        QuicPath[] paths = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => pair.Client.AddPathAsync(s_anyPort).Soon()));
        Assert.Equal(3, paths.Select(path => path.LocalEndPoint).Distinct().Count());
        await Assert.ThrowsAsync<InvalidOperationException>(() => pair.Client.AddPathAsync(s_anyPort).AsTask());
        await paths[0].DisposeAsync();
        QuicPath more = await pair.Client.AddPathAsync(s_anyPort).Soon();
        await more.MigrateAsync();
        await EchoAsync(pair.Client, pair.Server);
    }

    [Fact, Rfc(9000, "9")]
    public async Task Server_that_asks_for_it_is_not_left()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(server: options => options.DisableActiveMigration = true);
        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(() => pair.Client.AddPathAsync(s_anyPort).AsTask());
        Assert.Contains("disable_active_migration", refused.Message, StringComparison.Ordinal);
        await EchoAsync(pair.Client, pair.Server);
    }

    [Theory, Rfc(9000, "9.6")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Client_goes_to_the_preferred_address_of_a_listener(bool otherFamily)
    {
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.PreferredIPv4EndPoint = otherFamily ? null : new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0);
        options.PreferredIPv6EndPoint = new IPEndPoint(IPAddress.IPv6Loopback, 0);
        IPEndPoint wanted;
        QuicConnection client;
        QuicConnection server;
        await using (QuicListener listener = await QuicListener.ListenAsync(options).Soon())
        {
            wanted = listener.PreferredEndPoints[0];
            Assert.Equal(otherFamily ? IPAddress.IPv6Loopback : options.PreferredIPv4EndPoint!.Address, wanted.Address);
            Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
            client = await QuicConnection.ConnectAsync(Loopback.ClientOptions(listener.LocalEndPoint)).Soon();
            server = await accept;
            await Eventually.EqualAsync(wanted, () => client.RemoteEndPoint);
            await Eventually.EqualAsync(wanted, () => server.LocalEndPoint);
        }

        // The listener has ended; the connection stays where it went.
        await using (client)
        await using (server)
        {
            await EchoAsync(client, server);
            QuicPath path = await client.AddPathAsync(new IPEndPoint(wanted.Address.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback, 0)).Soon();
            Assert.Equal(wanted, path.RemoteEndPoint);
            await path.MigrateAsync();
            await EchoAsync(client, server);
            Assert.Equal(path.LocalEndPoint, server.RemoteEndPoint);
        }

        await EventuallyFreeAsync(wanted);
    }

    [Fact, Rfc(9000, "9.6")]
    public async Task Preferred_address_may_be_one_of_the_same_socket_and_clients_may_ignore_it()
    {
        IPEndPoint port = FreePort();
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.ListenEndPoint = new IPEndPoint(IPAddress.Any, port.Port);
        options.PreferredIPv4EndPoint = new IPEndPoint(IPAddress.Parse("127.0.0.9"), port.Port);
        await using QuicListener listener = await QuicListener.ListenAsync(options).Soon();
        Assert.Equal([options.PreferredIPv4EndPoint], listener.PreferredEndPoints);
        QuicClientConnectionOptions clientOptions = Loopback.ClientOptions(port);
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        await using (QuicConnection client = await QuicConnection.ConnectAsync(clientOptions).Soon())
        await using (QuicConnection server = await accept)
        {
            await Eventually.EqualAsync(options.PreferredIPv4EndPoint, () => server.LocalEndPoint);
            await EchoAsync(client, server);
        }

        clientOptions.UsePreferredAddress = false;
        accept = listener.AcceptConnectionAsync().Soon();
        await using (QuicConnection client = await QuicConnection.ConnectAsync(clientOptions).Soon())
        await using (QuicConnection server = await accept)
        {
            await EchoAsync(client, server);
            Assert.Equal(port, client.RemoteEndPoint);
            Assert.Equal(port, server.LocalEndPoint);
        }
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("::", true)]
    public async Task Preferred_address_of_the_wrong_kind_is_refused(string address, bool isIPv4Property)
    {
        QuicListenerOptions options = Loopback.ListenerOptions();
        if (isIPv4Property == (address == "::"))
        {
            options.PreferredIPv4EndPoint = new IPEndPoint(IPAddress.Parse(address), 443);
        }
        else
        {
            options.PreferredIPv6EndPoint = new IPEndPoint(IPAddress.Parse(address), 443);
        }

        await Assert.ThrowsAsync<ArgumentException>(() => QuicListener.ListenAsync(options).AsTask());
    }

    [Fact]
    public async Task Preferred_address_that_is_taken_leaves_nothing_behind()
    {
        using UdpClient taken = new(new IPEndPoint(IPAddress.Loopback, 0));
        IPEndPoint port = FreePort();
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.ListenEndPoint = port;
        options.PreferredIPv4EndPoint = (IPEndPoint)taken.Client.LocalEndPoint!; // bound
        await Assert.ThrowsAsync<SocketException>(() => QuicListener.ListenAsync(options).AsTask());
        await EventuallyFreeAsync(port);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public async Task Client_that_dials_an_unspecified_address_learns_the_true_one(string address)
    {
        var dialled = IPAddress.Parse(address);
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.ListenEndPoint = new IPEndPoint(dialled, 0);
        await using QuicListener listener = await QuicListener.ListenAsync(options).Soon();
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        await using QuicConnection client = await QuicConnection.ConnectAsync(
            Loopback.ClientOptions(new IPEndPoint(dialled, listener.LocalEndPoint.Port))).Soon();
        await using QuicConnection server = await accept;
        await EchoAsync(client, server);
        Assert.True(IPAddress.IsLoopback(client.RemoteEndPoint.Address), client.RemoteEndPoint.ToString());
        QuicPath path = await client.AddPathAsync(new IPEndPoint(client.LocalEndPoint.Address, 0)).Soon();
        await path.MigrateAsync();
        await EchoAsync(client, server);
    }

    [Fact, Rfc(9000, "9.2")]
    public async Task Client_whose_address_is_gone_moves_by_itself()
    {
        // Loopback networks have all of 127/8, but no interface lists more than the first: as if the address had gone.
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(options =>
        {
            options.LocalEndPoint = new IPEndPoint(IPAddress.Parse("127.0.0.5"), 0);
            options.MigrateOnNetworkChange = true;
        });
        Assert.True(pair.Client.Driver.Paths.FollowsNetwork);
        await EchoAsync(pair.Client, pair.Server);
        Assert.Equal("127.0.0.5", pair.Server.RemoteEndPoint.Address.ToString());
        await pair.Client.Driver.Paths.FollowNetworkAsync().Soon();
        Assert.Equal("127.0.0.1", pair.Client.LocalEndPoint.Address.ToString());
        await EchoAsync(pair.Client, pair.Server);
        Assert.Equal(pair.Client.LocalEndPoint, pair.Server.RemoteEndPoint);

        // Nothing more to do.
        IPEndPoint there = pair.Client.LocalEndPoint;
        await pair.Client.Driver.Paths.FollowNetworkAsync().Soon();
        Assert.Equal(there, pair.Client.LocalEndPoint);
    }

    [Fact]
    public async Task Ids_that_change_all_the_time_do_not_disturb()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(
            client => client.ConnectionIdLifetime = TimeSpan.FromMilliseconds(5), server => server.ConnectionIdLifetime = TimeSpan.FromMilliseconds(5));
        await TransferAsync(pair, 30_000_000);
        await EchoAsync(pair.Client, pair.Server);
    }

    private static async Task TransferAsync(ConnectedPair pair, int bytes)
    {
        (QuicStream up, QuicStream down) = await pair.OpenAsync();
        Task sent = up.WriteAsync(new byte[bytes], completeWrites: true).Soon();
        byte[] all = await down.ReadToEndAsync(bytes).Soon();
        await sent;
        Assert.Equal(bytes, all.Length);
        await up.DisposeAsync();
        await down.DisposeAsync();
    }

    private static async Task EchoAsync(QuicConnection client, QuicConnection server)
    {
        await using QuicStream asked = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await asked.WriteAsync(new byte[] { 1, 2, 3 }, completeWrites: true).Soon();
        await using QuicStream answering = await server.AcceptInboundStreamAsync().Soon();
        Assert.Equal([1, 2, 3], await answering.ReadToEndAsync(10).Soon());
        await answering.WriteAsync(new byte[] { 4, 5 }, completeWrites: true).Soon();
        Assert.Equal([4, 5], await asked.ReadToEndAsync(10).Soon());
    }

    private static IPEndPoint FreePort()
    {
        using UdpClient probe = new(s_anyPort);
        return (IPEndPoint)probe.Client.LocalEndPoint!; // bound
    }

    private static Task EventuallyFreeAsync(IPEndPoint endPoint) => Eventually.EqualAsync(true, () =>
    {
        try
        {
            using UdpClient probe = new(endPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    });

    private sealed class Longer : IConnectionIdGenerator
    {
        public int Length => 13;

        public void Generate(Span<byte> destination) => Random.Shared.NextBytes(destination);
    }
}
