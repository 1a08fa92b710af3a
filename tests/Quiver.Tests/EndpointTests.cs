using System.Net;
using System.Net.Sockets;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>One socket for everything: listeners, outgoing connections, other datagrams, and how each of them ends.</summary>
public sealed class EndpointTests
{
    private static readonly IPEndPoint s_any = new(IPAddress.Loopback, 0);

    [Fact]
    public async Task One_socket_serves_and_connects_to_another_and_to_itself()
    {
        await using QuicEndpoint a = QuicEndpoint.Bind(s_any);
        await using QuicEndpoint b = QuicEndpoint.Bind(s_any);
        await using QuicListener listenerA = await a.ListenAsync(ListenerOptions()).Soon();
        await using QuicListener listenerB = await b.ListenAsync(ListenerOptions()).Soon();
        await TalkAsync(a, listenerB);
        await TalkAsync(a, listenerB);
        await TalkAsync(b, listenerA);
        await TalkAsync(a, listenerA);

        async Task TalkAsync(QuicEndpoint from, QuicListener to)
        {
            Task<QuicConnection> accept = to.AcceptConnectionAsync().Soon();
            QuicConnection client = await from.ConnectAsync(Loopback.ClientOptions(to.LocalEndPoint)).Soon();
            QuicConnection server = await accept;
            Assert.Equal(from.LocalEndPoint, client.LocalEndPoint);
            Assert.Equal(from.LocalEndPoint, server.RemoteEndPoint);
            await EchoAsync(client, server);
        }
    }

    [Fact]
    public async Task Other_datagrams_pass_beside_connections()
    {
        await using QuicEndpoint endpoint = QuicEndpoint.Bind(s_any);
        await using QuicListener listener = await endpoint.ListenAsync(ListenerOptions()).Soon();
        using var stun = new UdpClient(s_any);
        var stunEndPoint = (IPEndPoint)stun.Client.LocalEndPoint!;
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        await using QuicConnection client = await QuicConnection.ConnectAsync(Loopback.ClientOptions(endpoint.LocalEndPoint)).Soon();
        await using QuicConnection server = await accept;
        Task echo = EchoAsync(client, server);
        byte[] buffer = new byte[100];
        for (byte i = 0; i < 20; i++)
        {
            await stun.SendAsync(new byte[] { i, 1, 2 }, endpoint.LocalEndPoint);
            SocketReceiveFromResult came = await endpoint.ReceiveNonQuicAsync(buffer).Soon();
            Assert.Equal((3, stunEndPoint), (came.ReceivedBytes, (IPEndPoint)came.RemoteEndPoint));
            Assert.Equal(i, buffer[0]);
            await endpoint.SendNonQuicAsync(new byte[] { i, 7 }, stunEndPoint).Soon();
            UdpReceiveResult answer = await stun.ReceiveAsync().WaitAsync(Bounds.Limit);
            Assert.Equal([i, 7], answer.Buffer);
            Assert.Equal(endpoint.LocalEndPoint, answer.RemoteEndPoint);
        }

        await echo;
        await Assert.ThrowsAsync<ArgumentException>(() => endpoint.SendNonQuicAsync(new byte[] { 0x40 }, stunEndPoint).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => endpoint.SendNonQuicAsync(new byte[] { 0x80 }, stunEndPoint).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => endpoint.SendNonQuicAsync(ReadOnlyMemory<byte>.Empty, stunEndPoint).AsTask());
    }

    [Fact]
    public async Task Other_datagrams_that_nobody_fetches_are_dropped_and_counted()
    {
        await using QuicEndpoint endpoint = QuicEndpoint.Bind(s_any);
        using var stun = new UdpClient(s_any);
        for (int i = 0; i < 300; i++)
        {
            await stun.SendAsync(new byte[] { 0, (byte)i }, endpoint.LocalEndPoint);
        }

        await UntilAsync(() => endpoint.DroppedNonQuicDatagrams == 300 - 128);
        byte[] buffer = new byte[2];
        for (int i = 0; i < 128; i++)
        {
            await endpoint.ReceiveNonQuicAsync(buffer).Soon();
            Assert.Equal(i, buffer[1]);
        }
    }

    [Fact]
    public async Task Disposing_an_endpoint_ends_all_on_it_and_frees_the_port()
    {
        QuicEndpoint endpoint = QuicEndpoint.Bind(s_any);
        QuicListener listener = await endpoint.ListenAsync(ListenerOptions()).Soon();
        await using QuicListener other = await Loopback.ListenAsync();
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        await using QuicConnection remote = await QuicConnection.ConnectAsync(Loopback.ClientOptions(endpoint.LocalEndPoint)).Soon();
        QuicConnection accepted = await accept;
        QuicConnection outgoing = await endpoint.ConnectAsync(Loopback.ClientOptions(other.LocalEndPoint)).Soon();
        await using QuicConnection outgoingPeer = await other.AcceptConnectionAsync().Soon();
        Task waiting = listener.AcceptConnectionAsync().Soon();
        Task receiving = endpoint.ReceiveNonQuicAsync(new byte[10]).Soon();

        await endpoint.DisposeAsync().Soon();
        await endpoint.DisposeAsync().Soon();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => receiving);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => accepted.AcceptInboundStreamAsync().Soon());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => outgoing.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => endpoint.ConnectAsync(Loopback.ClientOptions(other.LocalEndPoint)).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => endpoint.ListenAsync(ListenerOptions()).AsTask());
        foreach (QuicConnection peer in new[] { remote, outgoingPeer })
        {
            QuicException e = await Assert.ThrowsAsync<QuicException>(() => peer.AcceptInboundStreamAsync().Soon());
            Assert.Equal((QuicError.ConnectionAborted, Loopback.CloseError), (e.QuicError, e.ApplicationErrorCode));
        }

        await using QuicEndpoint again = QuicEndpoint.Bind(endpoint.LocalEndPoint);
        Assert.Equal(endpoint.LocalEndPoint, again.LocalEndPoint);
    }

    [Fact]
    public async Task Closing_a_listener_leaves_the_endpoint_and_its_connections()
    {
        await using QuicEndpoint endpoint = QuicEndpoint.Bind(s_any);
        QuicListener listener = await endpoint.ListenAsync(ListenerOptions()).Soon();
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        await using QuicConnection client = await QuicConnection.ConnectAsync(Loopback.ClientOptions(endpoint.LocalEndPoint)).Soon();
        await using QuicConnection server = await accept;
        await listener.DisposeAsync().Soon();
        await EchoAsync(client, server);
        await using QuicListener next = await endpoint.ListenAsync(ListenerOptions()).Soon();
        await using QuicConnection second = await QuicConnection.ConnectAsync(Loopback.ClientOptions(endpoint.LocalEndPoint)).Soon();
        Assert.Equal(endpoint.LocalEndPoint, next.LocalEndPoint);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_socket_of_the_application_is_closed_only_when_it_was_given_away(bool ownsSocket)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        Assert.Throws<ArgumentException>(() => QuicEndpoint.FromSocket(socket));
        socket.Bind(s_any);
        QuicEndpoint endpoint = QuicEndpoint.FromSocket(socket, ownsSocket);
        Assert.Equal(socket.LocalEndPoint, endpoint.LocalEndPoint);
        await using (QuicListener listener = await endpoint.ListenAsync(ListenerOptions()).Soon())
        {
            await using QuicConnection client = await QuicConnection.ConnectAsync(Loopback.ClientOptions(endpoint.LocalEndPoint)).Soon();
            await using QuicConnection server = await listener.AcceptConnectionAsync().Soon();
            await EchoAsync(client, server);
        }

        await endpoint.DisposeAsync().Soon();
        Assert.Equal(ownsSocket, socket.SafeHandle.IsClosed);
        if (!ownsSocket)
        {
            await socket.SendToAsync(new byte[] { 1 }, socket.LocalEndPoint!);
        }
    }

    [Fact]
    public async Task A_socket_that_the_application_closes_ends_all_on_it()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(s_any);
        await using QuicEndpoint endpoint = QuicEndpoint.FromSocket(socket, ownsSocket: false);
        await using QuicListener listener = await endpoint.ListenAsync(ListenerOptions()).Soon();
        await using QuicListener other = await Loopback.ListenAsync();
        await using QuicConnection incoming = await QuicConnection.ConnectAsync(Loopback.ClientOptions(endpoint.LocalEndPoint)).Soon();
        await using QuicConnection server = await listener.AcceptConnectionAsync().Soon();
        await using QuicConnection outgoing = await endpoint.ConnectAsync(Loopback.ClientOptions(other.LocalEndPoint)).Soon();
        Task<QuicStream>[] waiting = [server.AcceptInboundStreamAsync().Soon(), outgoing.AcceptInboundStreamAsync().Soon()];
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        socket.Close();
        foreach (Task<QuicStream> call in waiting)
        {
            Assert.Equal(SocketError.OperationAborted, (await Assert.ThrowsAsync<SocketException>(() => call)).SocketErrorCode);
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(() => accept);
        await Assert.ThrowsAnyAsync<Exception>(() => outgoing.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon());
    }

    [Fact]
    public async Task A_process_that_starts_again_with_its_key_resets_the_connections_that_it_lost()
    {
        QuicEndpointOptions options = new() { StatelessResetKey = new byte[QuicEndpointOptions.StatelessResetKeyLength] };
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(s_any);
        QuicEndpoint first = QuicEndpoint.FromSocket(socket, ownsSocket: true, options);
        QuicListener listener = await first.ListenAsync(ListenerOptions()).Soon();
        QuicClientConnectionOptions clientOptions = Loopback.ClientOptions(first.LocalEndPoint);
        clientOptions.KeepAliveInterval = TimeSpan.FromMilliseconds(100);
        await using QuicConnection client = await QuicConnection.ConnectAsync(clientOptions).Soon();
        QuicConnection server = await listener.AcceptConnectionAsync().Soon();

        // As if the process had ended: nobody is told.
        socket.Dispose();
        await Assert.ThrowsAnyAsync<Exception>(() => server.AcceptInboundStreamAsync().Soon());
        await first.DisposeAsync().Soon();
        await using QuicEndpoint second = QuicEndpoint.Bind(first.LocalEndPoint, options);
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => client.AcceptInboundStreamAsync().Soon());
        Assert.Contains("stateless reset", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connection_ids_can_be_the_applications()
    {
        var generator = new Routed(11);
        await using QuicEndpoint endpoint = QuicEndpoint.Bind(s_any, new QuicEndpointOptions { ConnectionIdGenerator = generator });
        await using QuicListener listener = await endpoint.ListenAsync(ListenerOptions()).Soon();
        await using QuicConnection client = await QuicConnection.ConnectAsync(Loopback.ClientOptions(endpoint.LocalEndPoint)).Soon();
        await using QuicConnection server = await listener.AcceptConnectionAsync().Soon();
        await EchoAsync(client, server);
        Assert.True(generator.Made >= 4);
    }

    [Fact]
    public async Task An_endpoint_with_empty_ids_has_one_connection_and_no_listener()
    {
        await using QuicListener listener = await Loopback.ListenAsync();
        await using QuicEndpoint endpoint = QuicEndpoint.Bind(s_any, new QuicEndpointOptions { ConnectionIdGenerator = new Routed(0) });
        await Assert.ThrowsAsync<InvalidOperationException>(() => endpoint.ListenAsync(ListenerOptions()).AsTask());
        await using QuicConnection client = await endpoint.ConnectAsync(Loopback.ClientOptions(listener.LocalEndPoint)).Soon();
        await using QuicConnection server = await listener.AcceptConnectionAsync().Soon();
        await Assert.ThrowsAsync<InvalidOperationException>(() => endpoint.ConnectAsync(Loopback.ClientOptions(listener.LocalEndPoint)).AsTask());
        await EchoAsync(client, server);
    }

    [Fact]
    public async Task Listening_connecting_and_closing_at_the_same_time_leave_nothing_behind()
    {
        // Each takes the three seconds for which connections without a round trip drain.
        const int Rounds = 3;
        int connected = 0;
        for (int round = 0; round < Rounds; round++)
        {
            QuicEndpoint endpoint = QuicEndpoint.Bind(s_any);
            IPEndPoint address = endpoint.LocalEndPoint;
            using var stop = new CancellationTokenSource();
            Task[] all =
            [
                .. Enumerable.Range(0, 3).Select(i => Task.Run(() => ListenAsync(endpoint, $"p{i}", stop.Token))),
                .. Enumerable.Range(0, 6).Select(i => Task.Run(() => DialAsync(endpoint, address, i, stop.Token))),
            ];
            await Task.Delay(500);

            // In every second round the endpoint goes first, while all of them are at it.
            if (round % 2 == 0)
            {
                await endpoint.DisposeAsync().Soon();
                await stop.CancelAsync();
            }
            else
            {
                await stop.CancelAsync();
            }

            await Task.WhenAll(all).WaitAsync(Bounds.Limit);
            await endpoint.DisposeAsync().Soon();

            // The port is free, so the loop and its socket are gone.
            using var again = new UdpClient(address);
        }

        Assert.True(connected >= Rounds, $"{connected}");

        async Task ListenAsync(QuicEndpoint endpoint, string protocol, CancellationToken stop)
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    QuicListenerOptions options = ListenerOptions();
                    options.ApplicationProtocols = [new(protocol)];
                    options.ConnectionOptionsCallback = (_, _, _) =>
                    {
                        QuicServerConnectionOptions server = Loopback.ServerOptions();
                        server.ServerAuthenticationOptions.ApplicationProtocols = [new(protocol)];
                        return ValueTask.FromResult(server);
                    };
                    await using QuicListener listener = await endpoint.ListenAsync(options, CancellationToken.None);
                    for (int i = Random.Shared.Next(4); i >= 0; i--)
                    {
                        await using QuicConnection accepted = await listener.AcceptConnectionAsync(stop);
                        Interlocked.Increment(ref connected);
                    }
                }
                catch (Exception e) when (IsExpected(e))
                {
                }
            }
        }

        static async Task DialAsync(QuicEndpoint endpoint, IPEndPoint address, int number, CancellationToken stop)
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    QuicClientConnectionOptions options = Loopback.ClientOptions(address);
                    options.ClientAuthenticationOptions.ApplicationProtocols = [new($"p{Random.Shared.Next(3)}")];
                    options.HandshakeTimeout = TimeSpan.FromMilliseconds(500);
                    options.ClientAuthenticationOptions.AllowTlsResume = Random.Shared.Next(2) == 0;
                    using var impatient = CancellationTokenSource.CreateLinkedTokenSource(stop);
                    impatient.CancelAfter(Random.Shared.Next(1, 100));

                    // Through the same socket, or another.
                    await using QuicConnection connection = number % 2 == 0
                        ? await endpoint.ConnectAsync(options, impatient.Token)
                        : await QuicConnection.ConnectAsync(options, impatient.Token);
                }
                catch (Exception e) when (IsExpected(e))
                {
                }
            }
        }

        // What the API documents for an end that comes at any moment; anything else fails the test.
        static bool IsExpected(Exception e) =>
            e is QuicException or System.Security.Authentication.AuthenticationException or OperationCanceledException or ObjectDisposedException;
    }

    [Fact]
    public async Task Options_that_make_no_sense_are_refused()
    {
        Assert.Throws<ArgumentException>(() => QuicEndpoint.Bind(s_any, new QuicEndpointOptions { StatelessResetKey = new byte[31] }));
        Assert.Throws<ArgumentException>(() => QuicEndpoint.Bind(s_any, new QuicEndpointOptions { ConnectionIdGenerator = new Routed(21) }));
        await using QuicEndpoint endpoint = QuicEndpoint.Bind(s_any);
        await Assert.ThrowsAsync<ArgumentException>(() => endpoint.ListenAsync(Loopback.ListenerOptions()).AsTask());
        QuicClientConnectionOptions options = Loopback.ClientOptions(s_any);
        options.LocalEndPoint = s_any;
        await Assert.ThrowsAsync<ArgumentException>(() => endpoint.ConnectAsync(options).AsTask());
    }

    internal static QuicListenerOptions ListenerOptions()
    {
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.ListenEndPoint = null!;
        return options;
    }

    internal static async Task EchoAsync(QuicConnection client, QuicConnection server, int length = 100_000)
    {
        byte[] data = new byte[length];
        Random.Shared.NextBytes(data);
        await using QuicStream up = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        Task serve = ServeAsync();
        Task write = up.WriteAsync(data, completeWrites: true).Soon();
        byte[] back = new byte[length];
        await up.ReadExactlyAsync(back).AsTask().WaitAsync(Bounds.Limit);
        await write;
        await serve;
        Assert.Equal(data, back);

        async Task ServeAsync()
        {
            await using QuicStream down = await server.AcceptInboundStreamAsync().Soon();
            await down.CopyToAsync(down).WaitAsync(Bounds.Limit);
            down.CompleteWrites();
        }
    }

    internal static async Task UntilAsync(Func<bool> condition)
    {
        DateTime end = DateTime.UtcNow + Bounds.Limit;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < end, "it did not happen");
            await Task.Delay(5);
        }
    }

    /// <summary>A server number, and random bytes.</summary>
    private sealed class Routed(int length) : IConnectionIdGenerator
    {
        private int _made;

        public int Made => Volatile.Read(ref _made);

        public int Length => length;

        public void Generate(Span<byte> connectionId)
        {
            Interlocked.Increment(ref _made);
            Random.Shared.NextBytes(connectionId);
            if (connectionId.Length > 0)
            {
                connectionId[0] = 0x5A;
            }
        }
    }
}
