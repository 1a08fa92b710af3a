using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Quiver.Driving;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>Names, addresses, SNI, time-outs and cancellation of ConnectAsync.</summary>
public sealed class ConnectTests
{
    [Fact]
    public async Task Both_ends_agree_on_what_was_negotiated()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        foreach (QuicConnection connection in new[] { pair.Client, pair.Server })
        {
            Assert.Equal(Loopback.Protocol, connection.NegotiatedApplicationProtocol);
            Assert.Equal(SslProtocols.Tls13, connection.SslProtocol);
            Assert.Equal(TlsCipherSuite.TLS_AES_128_GCM_SHA256, connection.NegotiatedCipherSuite);
        }

        Assert.Equal(pair.Client.LocalEndPoint, pair.Server.RemoteEndPoint);
        Assert.Equal(pair.Client.RemoteEndPoint, pair.Server.LocalEndPoint);
        Assert.Equal(pair.Listener.LocalEndPoint, pair.Server.LocalEndPoint);
    }

    [Fact]
    public async Task A_name_is_resolved_and_sent_as_SNI()
    {
        await using QuicListener listener = await Loopback.ListenAsync();
        QuicClientConnectionOptions options = Loopback.ClientOptions(
            new DnsEndPoint("localhost", listener.LocalEndPoint.Port, AddressFamily.InterNetwork));
        options.ClientAuthenticationOptions.TargetHost = null;
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        await using QuicConnection client = await QuicConnection.ConnectAsync(options).Soon();
        await using QuicConnection server = await accept;
        Assert.Equal("localhost", client.TargetHostName);
        Assert.Equal("localhost", server.TargetHostName);
    }

    [Fact]
    public async Task TargetHost_is_sent_rather_than_the_name_connected_to()
    {
        (string client, string server, _) = await ConnectWithTargetHostAsync("example.test");
        Assert.Equal("example.test", client);
        Assert.Equal("example.test", server);
    }

    [Fact]
    public async Task An_international_name_is_sent_in_its_ASCII_form()
    {
        (_, string server, string hello) = await ConnectWithTargetHostAsync("žluťoučký.test");
        Assert.Equal(new System.Globalization.IdnMapping().GetAscii("žluťoučký.test"), server);
        Assert.Equal(server, hello);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task An_IP_literal_is_never_sent_as_SNI(string literal)
    {
        (string client, string server, string hello) = await ConnectWithTargetHostAsync(literal);
        Assert.Equal(literal, client);
        Assert.Equal("", server);
        Assert.Equal("", hello);
    }

    [Fact]
    public async Task Without_a_name_the_address_is_the_target_host()
    {
        (string client, string server, _) = await ConnectWithTargetHostAsync(null);
        Assert.Equal("127.0.0.1", client);
        Assert.Equal("", server);
    }

    [Fact]
    public async Task A_name_without_an_address_is_host_not_found()
    {
        // The resolver knows without asking anybody: a part of a name has 63 letters at most (RFC 1035 §2.3.4).
        string name = new string('a', 64) + ".example";
        QuicClientConnectionOptions options = Loopback.ClientOptions(new DnsEndPoint(name, 443));
        SocketException e = await Assert.ThrowsAnyAsync<SocketException>(() => QuicConnection.ConnectAsync(options).Soon());
        Assert.Equal(SocketError.HostNotFound, e.SocketErrorCode);
    }

    [Fact]
    public async Task A_server_with_an_address_where_nobody_answers_is_reached_at_its_other_one()
    {
        await using QuicListener listener = await Loopback.ListenAsync();
        using Socket silent = BindSilent();
        IPEndPoint[] addresses = [(IPEndPoint)silent.LocalEndPoint!, listener.LocalEndPoint];
        QuicClientConnectionOptions options = Loopback.ClientOptions(new DnsEndPoint("localhost", listener.LocalEndPoint.Port));
        await using QuicConnection connection = await ClientConnector.ConnectAsync(
            options, null, addresses, "localhost", MonotonicClock.Now, CancellationToken.None).Soon();
        Assert.Equal(listener.LocalEndPoint, connection.RemoteEndPoint);
        Assert.Equal("localhost", connection.TargetHostName);
        await (await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon()).WriteAsync(new byte[1]).Soon();
    }

    [Fact]
    public async Task An_address_that_the_system_will_not_send_to_is_its_socket_error()
    {
        // Linux refuses broadcasts from a socket that did not ask for them, and nothing leaves the machine.
        Assert.SkipUnless(OperatingSystem.IsLinux(), "other systems refuse other things");
        QuicClientConnectionOptions options = Loopback.ClientOptions(new IPEndPoint(IPAddress.Broadcast, 9));
        SocketException e = await Assert.ThrowsAnyAsync<SocketException>(() => QuicConnection.ConnectAsync(options).Soon());
        Assert.Contains(e.SocketErrorCode, new[] { SocketError.AccessDenied, SocketError.NetworkUnreachable });
    }

    [Fact]
    public async Task A_local_end_point_is_where_the_client_sends_from()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var local = (IPEndPoint)probe.LocalEndPoint!;
        probe.Close();

        await using ConnectedPair pair = await ConnectedPair.CreateAsync(client: options => options.LocalEndPoint = local);
        Assert.Equal(local, pair.Client.LocalEndPoint);
        Assert.Equal(local, pair.Server.RemoteEndPoint);
    }

    [Fact]
    public async Task Two_clients_may_share_a_local_end_point()
    {
        await using ConnectedPair first = await ConnectedPair.CreateAsync(client: options => options.LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 0));
        await using ConnectedPair second = await ConnectedPair.CreateAsync(client: options => options.LocalEndPoint = first.Client.LocalEndPoint);
        Assert.Equal(first.Client.LocalEndPoint, second.Client.LocalEndPoint);
        await AssertEchoAsync(first);
        await AssertEchoAsync(second);
    }

    [Fact]
    public async Task Clients_without_a_local_end_point_share_one_socket()
    {
        await using ConnectedPair first = await ConnectedPair.CreateAsync();
        await using ConnectedPair second = await ConnectedPair.CreateAsync();
        Assert.Equal(first.Client.LocalEndPoint, second.Client.LocalEndPoint);
        await AssertEchoAsync(first);
        await AssertEchoAsync(second);
    }

    [Fact]
    public async Task IPv6_works_as_IPv4_does()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "no IPv6 here");
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.ListenEndPoint = new IPEndPoint(IPAddress.IPv6Loopback, 0);
        await using QuicListener listener = await QuicListener.ListenAsync(options).Soon();
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        await using QuicConnection client = await Loopback.ConnectAsync(listener);
        await using QuicConnection server = await accept;
        Assert.Equal(client.LocalEndPoint, server.RemoteEndPoint);
        Assert.Equal(IPAddress.IPv6Loopback, client.LocalEndPoint.Address);
    }

    [Fact]
    public async Task The_end_points_are_valid_within_the_options_callback()
    {
        var seen = new TaskCompletionSource<(IPEndPoint Local, IPEndPoint Remote, SslProtocols Protocols)>();
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.ConnectionOptionsCallback = (connection, hello, _) =>
        {
            seen.SetResult((connection.LocalEndPoint, connection.RemoteEndPoint, hello.SslProtocols));
            return ValueTask.FromResult(Loopback.ServerOptions());
        };
        await using QuicListener listener = await QuicListener.ListenAsync(options).Soon();
        await using QuicConnection client = await Loopback.ConnectAsync(listener);
        (IPEndPoint local, IPEndPoint remote, SslProtocols protocols) = await seen.Task.Soon();
        Assert.Equal(listener.LocalEndPoint, local);
        Assert.Equal(client.LocalEndPoint, remote);
        Assert.Equal(SslProtocols.Tls13, protocols);
    }

    [Fact]
    public async Task Cancelling_gives_the_attempt_up()
    {
        using Socket silent = BindSilent();
        using var cancellation = new CancellationTokenSource();
        Task<QuicConnection> connect = QuicConnection.ConnectAsync(Loopback.ClientOptions(silent.LocalEndPoint!), cancellation.Token).Soon();
        await cancellation.CancelAsync();
        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connect);
        Assert.Equal(cancellation.Token, e.CancellationToken);
    }

    [Fact]
    public async Task A_cancelled_token_connects_to_nothing()
    {
        QuicClientConnectionOptions options = Loopback.ClientOptions(new IPEndPoint(IPAddress.Loopback, 9));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => QuicConnection.ConnectAsync(options, new CancellationToken(canceled: true)).Soon());
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_a_connection_timeout()
    {
        using Socket silent = BindSilent();
        QuicClientConnectionOptions options = Loopback.ClientOptions(silent.LocalEndPoint!);
        options.HandshakeTimeout = TimeSpan.FromMilliseconds(200);
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => QuicConnection.ConnectAsync(options).Soon());
        Assert.Equal(QuicError.ConnectionTimeout, e.QuicError);
        Assert.Null(e.ApplicationErrorCode);
    }

    private static Socket BindSilent()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static async Task<(string Client, string Server, string Hello)> ConnectWithTargetHostAsync(string? targetHost)
    {
        string? seen = null;
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.ConnectionOptionsCallback = (_, hello, _) =>
        {
            seen = hello.ServerName;
            return ValueTask.FromResult(Loopback.ServerOptions());
        };
        await using QuicListener listener = await QuicListener.ListenAsync(options).Soon();
        QuicClientConnectionOptions clientOptions = Loopback.ClientOptions(listener.LocalEndPoint);
        clientOptions.ClientAuthenticationOptions.TargetHost = targetHost;
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        await using QuicConnection client = await QuicConnection.ConnectAsync(clientOptions).Soon();
        await using QuicConnection server = await accept;
        return (client.TargetHostName, server.TargetHostName, seen!);
    }

    private static async Task AssertEchoAsync(ConnectedPair pair)
    {
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await server.WriteAsync("there"u8.ToArray(), completeWrites: true).Soon();
        byte[] received = new byte[5];
        await client.ReadExactlyAsync(received).Soon();
        Assert.Equal("there"u8.ToArray(), received);
    }
}
