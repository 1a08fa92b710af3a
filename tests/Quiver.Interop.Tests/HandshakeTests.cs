using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Quiver.Interop.Tests;

/// <summary>How connections begin, and how they fail to.</summary>
public sealed class HandshakeTests
{
    // quic-go logs each side's keys; the first two are the handshake's.
    private const int KeyUpdatesAtLeast = 10;

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Handshake_agrees_on_protocol_and_cipher_suite(PeerKind peer, Side side)
    {
        await using OrderedPeer ordered = await OrderedPeer.StartAsync(peer, side);
        await ordered.Process.LineAsync("connected");
        QuicConnection connection = ordered.Connection;
        Assert.Equal(new SslApplicationProtocol(OrderedPeer.Protocol), connection.NegotiatedApplicationProtocol);
        Assert.Equal(SslProtocols.Tls13, connection.SslProtocol);
        Assert.Contains(
            connection.NegotiatedCipherSuite,
            new[] { TlsCipherSuite.TLS_AES_128_GCM_SHA256, TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256 });
        Assert.Equal(side == Side.WeAreClient, connection.RemoteCertificate is not null);
        await ExchangeAsync(ordered);
    }

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Handshake_over_IPv6(PeerKind peer, Side side)
    {
        await using OrderedPeer ordered = await OrderedPeer.StartAsync(peer, side, IPAddress.IPv6Loopback);
        Assert.Equal(IPAddress.IPv6Loopback, ordered.Connection.RemoteEndPoint.Address);
        await ExchangeAsync(ordered);
    }

    // One socket for both families, as servers have it by default.
    [Theory]
    [MemberData(nameof(Matrix.Peers), MemberType = typeof(Matrix))]
    public async Task Server_on_any_address_takes_IPv4_and_IPv6(PeerKind peer)
    {
        Installation.Require(peer);
        await using QuicListener listener = await Ours.ListenAsync(OrderedPeer.Protocol, IPAddress.IPv6Any);
        foreach (IPAddress address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            await using PeerProcess client = await OwnPeer.ConnectAsync(peer, new IPEndPoint(address, listener.LocalEndPoint.Port));
            await using QuicConnection connection = await listener.AcceptConnectionAsync().Soon();
            await connection.CloseAsync(11).Soon();
            await client.LineAsync("closed 11");
        }
    }

    // The server's first flight is more than three times the client's datagram: it waits for the client, and goes on.
    [Theory]
    [Rfc(9000, "8.1")]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Handshake_with_a_certificate_beyond_the_amplification_limit(PeerKind peer, Side side)
    {
        Installation.Require(peer);
        await using OrderedPeer ordered = await OrderedPeer.StartAsync(peer, side, pki: await Pki.LargeDirectoryAsync());
        await ExchangeAsync(ordered);
    }

    [Fact]
    [Rfc(8446, "4.4.2")]
    public async Task Client_certificate_is_taken_by_quic_go()
    {
        (PeerProcess process, IPEndPoint server) = await SharedPeer.ServeAsync(PeerKind.QuicGo, "-clientauth");
        await using PeerProcess owned = process;
        using X509Certificate2 certificate = Pki.LoadClient(await Pki.DirectoryAsync());
        await using QuicConnection connection = await Ours.ConnectAsync(
            server, SharedPeer.EchoProtocol, configure: x => x.ClientAuthenticationOptions.ClientCertificates = [certificate]);
        await Echo.SendAsync(connection, 100_000);
    }

    // The server only learns after the client is done with its handshake; the first use tells the client.
    [Fact]
    [Rfc(9001, "4.8")]
    public async Task No_client_certificate_is_refused_by_quic_go()
    {
        (PeerProcess process, IPEndPoint server) = await SharedPeer.ServeAsync(PeerKind.QuicGo, "-clientauth");
        await using PeerProcess owned = process;
        Exception? e = await Record.ExceptionAsync(async () =>
        {
            await using QuicConnection connection = await Ours.ConnectAsync(server, SharedPeer.EchoProtocol);
            await Echo.SendAsync(connection, 100_000);
        });
        Assert.True(e is AuthenticationException or QuicException { QuicError: QuicError.TransportError }, e?.ToString() ?? "no exception");
    }

    [Theory]
    [Rfc(9001, "8.1")]
    [MemberData(nameof(Matrix.Peers), MemberType = typeof(Matrix))]
    public async Task No_common_protocol_is_AuthenticationException_at_the_client(PeerKind peer)
    {
        (PeerProcess process, IPEndPoint server) = await OwnPeer.ServeAsync(peer);
        await using PeerProcess owned = process;
        await Assert.ThrowsAsync<AuthenticationException>(() => Ours.ConnectAsync(server, "other"));
    }

    [Theory]
    [Rfc(9001, "8.1")]
    [MemberData(nameof(Matrix.Peers), MemberType = typeof(Matrix))]
    public async Task No_common_protocol_is_refused_by_our_server(PeerKind peer)
    {
        Installation.Require(peer);
        await using QuicListener listener = await Ours.ListenAsync(OrderedPeer.Protocol);
        await using PeerProcess client = await OwnPeer.ConnectAsync(peer, listener.LocalEndPoint, "other");
        // no_application_protocol, 120, as a CRYPTO_ERROR: 0x178.
        Assert.Matches("376|0x178|error 120|no application protocol", await client.LineAsync("failed"));
    }

    [Theory]
    [Rfc(9001, "4.4")]
    [MemberData(nameof(Matrix.Peers), MemberType = typeof(Matrix))]
    public async Task Our_client_refuses_a_certificate_of_another_authority(PeerKind peer)
    {
        Installation.Require(peer);
        (PeerProcess process, IPEndPoint server) = await OwnPeer.ServeAsync(peer, pki: await Pki.OtherDirectoryAsync());
        await using PeerProcess owned = process;
        await Assert.ThrowsAsync<AuthenticationException>(() => Ours.ConnectAsync(server, OrderedPeer.Protocol));
    }

    [Theory]
    [Rfc(9001, "4.4")]
    [MemberData(nameof(Matrix.Peers), MemberType = typeof(Matrix))]
    public async Task The_peer_refuses_our_certificate_of_another_authority(PeerKind peer)
    {
        Installation.Require(peer);
        await using QuicListener listener = await Ours.ListenAsync(OrderedPeer.Protocol, pki: await Pki.OtherDirectoryAsync());
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        await using PeerProcess client = await OwnPeer.ConnectAsync(peer, listener.LocalEndPoint);
        await client.LineAsync("failed");
        await Assert.ThrowsAsync<AuthenticationException>(() => accept);
    }

    [Theory]
    [Rfc(9001, "5.3")]
    [InlineData("aes128", TlsCipherSuite.TLS_AES_128_GCM_SHA256)]
    [InlineData("aes256", TlsCipherSuite.TLS_AES_256_GCM_SHA384)]
    [InlineData("chacha20", TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256)]
    public async Task Client_takes_the_suite_of_quic_go(string name, TlsCipherSuite suite)
    {
        (PeerProcess process, IPEndPoint server) = await SharedPeer.ServeAsync(PeerKind.QuicGo, "-cipher", name);
        await using PeerProcess owned = process;
        await using QuicConnection connection = await Ours.ConnectAsync(server, SharedPeer.EchoProtocol);
        Assert.Equal(suite, connection.NegotiatedCipherSuite);
        await Echo.SendAsync(connection, 1_000_000);
    }

    [Theory]
    [Rfc(9001, "5.3")]
    [InlineData("aes128", TlsCipherSuite.TLS_AES_128_GCM_SHA256)]
    [InlineData("aes256", TlsCipherSuite.TLS_AES_256_GCM_SHA384)]
    [InlineData("chacha20", TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256)]
    public async Task Server_takes_the_suite_of_quic_go(string name, TlsCipherSuite suite)
    {
        Installation.Require(PeerKind.QuicGo);
        await using QuicListener listener = await Ours.ListenAsync(SharedPeer.EchoProtocol);
        await using PeerProcess client = await SharedPeer.EchoAsync(PeerKind.QuicGo, listener.LocalEndPoint, 1, 1_000_000, "-cipher", name);
        await using QuicConnection connection = await listener.AcceptConnectionAsync().Soon();
        Assert.Equal(suite, connection.NegotiatedCipherSuite);
        Task serving = Echo.ServeAsync(connection);
        Assert.Contains(suite.ToString(), await client.SucceededAsync(), StringComparison.Ordinal);
        await serving.Soon();
    }

    [Theory]
    [Rfc(9000, "8.1.2")]
    [InlineData(PeerKind.QuicGo, "-retry")]
    [InlineData(PeerKind.Quiche, "--retry")]
    public async Task Client_follows_a_Retry(PeerKind peer, string option)
    {
        (PeerProcess process, IPEndPoint server) = await SharedPeer.ServeAsync(peer, option);
        await using PeerProcess owned = process;
        await using QuicConnection connection = await Ours.ConnectAsync(server, SharedPeer.EchoProtocol);
        await Echo.SendAsync(connection, 1_000_000);
    }

    [Fact]
    [Rfc(9000, "6.2")]
    public async Task Server_of_other_versions_is_VersionNegotiationError()
    {
        (PeerProcess process, IPEndPoint server) = await SharedPeer.ServeAsync(PeerKind.QuicGo, "-versions", "v2draft");
        await using PeerProcess owned = process;
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => Ours.ConnectAsync(server, SharedPeer.EchoProtocol));
        Assert.Equal(QuicError.VersionNegotiationError, e.QuicError);
    }

    // quic-go offers a version that we do not know, is told ours, and comes back with it.
    [Fact]
    [Rfc(9000, "6.1")]
    public async Task Server_answers_an_unknown_version_by_Version_Negotiation()
    {
        Installation.Require(PeerKind.QuicGo);
        await using QuicListener listener = await Ours.ListenAsync(SharedPeer.EchoProtocol);
        await using PeerProcess client = await SharedPeer.EchoAsync(
            PeerKind.QuicGo, listener.LocalEndPoint, 1, 100_000, "-versions", "v2draft,v1");
        await using QuicConnection connection = await listener.AcceptConnectionAsync().Soon();
        Task serving = Echo.ServeAsync(connection);
        await client.SucceededAsync();
        await serving.Soon();
    }

    [Fact]
    [Rfc(9001, "6")]
    public async Task Client_follows_key_updates_of_quic_go()
    {
        Installation.Require(PeerKind.QuicGo);
        using var qlog = new Qlog();
        (PeerProcess process, IPEndPoint server) = await SharedPeer.ServeAsync(PeerKind.QuicGo, "-keyupdate", "100", "-qlog", qlog.Directory);
        await using PeerProcess owned = process;
        await using (QuicConnection connection = await Ours.ConnectAsync(server, SharedPeer.EchoProtocol))
        {
            await Echo.SendAsync(connection, 10_000_000);
        }

        await qlog.HasAsync("key_updated", KeyUpdatesAtLeast);
    }

    [Fact]
    [Rfc(9001, "6")]
    public async Task Server_follows_key_updates_of_quic_go()
    {
        Installation.Require(PeerKind.QuicGo);
        using var qlog = new Qlog();
        await using QuicListener listener = await Ours.ListenAsync(SharedPeer.EchoProtocol);
        await using PeerProcess client = await SharedPeer.EchoAsync(
            PeerKind.QuicGo, listener.LocalEndPoint, 1, 10_000_000, "-keyupdate", "100", "-qlog", qlog.Directory);
        await using QuicConnection connection = await listener.AcceptConnectionAsync().Soon();
        Task serving = Echo.ServeAsync(connection);
        await client.SucceededAsync();
        await serving.Soon();
        await qlog.HasAsync("key_updated", KeyUpdatesAtLeast);
    }

    private static async Task ExchangeAsync(OrderedPeer ordered)
    {
        await using QuicStream stream = await ordered.OrderAsync("echo");
        await Echo.SendAsync(stream, 100_000);
    }
}
