using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Quiver.Driving;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Streams;
using Quiver.Security;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>Each cause of a failure has its exception. The rest of the map is in the tests of certificates, listeners and streams.</summary>
public sealed class FailureTests
{
    [Fact]
    public async Task Silence_for_the_idle_timeout_is_ConnectionIdle()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(client: options => options.IdleTimeout = TimeSpan.FromMilliseconds(300));
        (QuicStream stream, _) = await pair.OpenAsync();
        Task<int> read = stream.ReadAsync(new byte[1]).Soon();
        foreach (Func<Task> call in new Func<Task>[]
        {
            () => read,
            () => pair.Client.AcceptInboundStreamAsync().Soon(),
            () => pair.Server.AcceptInboundStreamAsync().Soon(),
            () => stream.WritesClosed,
            () => stream.ReadsClosed,
            () => stream.ReadAsync(new byte[1]).Soon(),
            () => stream.WriteAsync(new byte[1]).Soon(),
            () => pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon(),
            () => pair.Server.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon(),
            () => pair.Client.SendDatagramAsync(new byte[1]).Soon(),
            () => pair.Client.ReceiveDatagramAsync(new byte[1]).Soon(),
        })
        {
            QuicException e = await Assert.ThrowsAsync<QuicException>(call);
            Assert.Equal(QuicError.ConnectionIdle, e.QuicError);
        }
    }

    [Fact]
    public async Task Keep_alives_keep_an_idle_connection()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(client: options =>
        {
            options.IdleTimeout = TimeSpan.FromMilliseconds(800);
            options.KeepAliveInterval = TimeSpan.FromMilliseconds(100);
        });
        Task<QuicStream> accept = pair.Server.AcceptInboundStreamAsync().Soon();
        await Assert.ThrowsAsync<TimeoutException>(() => accept.WaitAsync(TimeSpan.FromSeconds(2)));
        QuicStream stream = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await stream.WriteAsync(new byte[1]).Soon();
        await accept;
    }

    [Fact]
    public async Task A_transport_error_is_TransportError_with_its_code_on_both_sides()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        pair.Server.Driver.Closing.Abort(TransportErrorCode.ProtocolViolation, "for the test", cause: null);
        foreach (QuicConnection connection in new[] { pair.Client, pair.Server })
        {
            QuicException e = await Assert.ThrowsAsync<QuicException>(() => connection.AcceptInboundStreamAsync().Soon());
            Assert.Equal(QuicError.TransportError, e.QuicError);
            Assert.Equal((long)TransportErrorCode.ProtocolViolation, e.TransportErrorCode);
            Assert.Null(e.ApplicationErrorCode);
            Assert.Contains("ProtocolViolation", e.Message, StringComparison.Ordinal);
            Assert.Contains("for the test", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_TLS_alert_is_an_AuthenticationException_that_names_it_on_both_sides()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        pair.Server.Driver.Closing.Abort(TlsAlert.CertificateRevoked, "", cause: null);
        foreach (QuicConnection connection in new[] { pair.Client, pair.Server })
        {
            AuthenticationException e = await Assert.ThrowsAsync<AuthenticationException>(() => connection.AcceptInboundStreamAsync().Soon());
            Assert.Contains("CertificateRevoked", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_server_of_unknown_versions_is_VersionNegotiationError()
    {
        using var server = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        Task<QuicConnection> connect = QuicConnection.ConnectAsync(Loopback.ClientOptions((IPEndPoint)server.Client.LocalEndPoint!)).Soon();
        UdpReceiveResult initial = await server.ReceiveAsync().Soon();
        await server.SendAsync(VersionNegotiation(initial.Buffer, 0xFAFA_FAFA), initial.RemoteEndPoint);
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => connect);
        Assert.Equal(QuicError.VersionNegotiationError, e.QuicError);
    }

    [Fact]
    public async Task A_local_address_that_is_not_ours_is_not_available()
    {
        QuicClientConnectionOptions options = Loopback.ClientOptions(new IPEndPoint(IPAddress.Loopback, 9));
        options.LocalEndPoint = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0);
        SocketException e = await Assert.ThrowsAsync<SocketException>(() => QuicConnection.ConnectAsync(options).Soon());
        Assert.Equal(SocketError.AddressNotAvailable, e.SocketErrorCode);
    }

    [Fact]
    public async Task A_local_address_of_the_other_family_is_not_supported()
    {
        QuicClientConnectionOptions options = Loopback.ClientOptions(new IPEndPoint(IPAddress.IPv6Loopback, 9));
        options.LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 0);
        SocketException e = await Assert.ThrowsAsync<SocketException>(() => QuicConnection.ConnectAsync(options).Soon());
        Assert.Equal(SocketError.AddressFamilyNotSupported, e.SocketErrorCode);
    }

    [Fact]
    public async Task A_local_port_held_by_another_socket_is_in_use()
    {
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        QuicClientConnectionOptions options = Loopback.ClientOptions(new IPEndPoint(IPAddress.Loopback, 9));
        options.LocalEndPoint = (IPEndPoint)socket.Client.LocalEndPoint!;
        SocketException e = await Assert.ThrowsAsync<SocketException>(() => QuicConnection.ConnectAsync(options).Soon());
        Assert.Equal(SocketError.AddressAlreadyInUse, e.SocketErrorCode);
    }

    [Theory]
    [InlineData(SocketError.NetworkUnreachable)]
    [InlineData(SocketError.HostUnreachable)]
    [InlineData(SocketError.AddressNotAvailable)]
    public async Task What_the_system_says_when_it_cannot_send_is_what_connecting_throws(SocketError error)
    {
        using var silent = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var remote = (IPEndPoint)silent.Client.LocalEndPoint!;
        QuicClientConnectionOptions options = Loopback.ClientOptions(remote);
        var handshake = new ClientHandshake(PeerCertificateRules.ForClient(options.ClientAuthenticationOptions), sessions: null, tokens: null);
        EndpointLoop loop = EndpointRegistry.AcquireShared(AddressFamily.InterNetwork);
        ConnectionDriver driver = ConnectionDriver.CreateClient(
            loop,
            handshake,
            options.ToSettings(Bounds.Limit),
            ClientTlsSettingsFactory.Create(options, "localhost", null),
            PathAddress.From(new IPEndPoint(IPAddress.Loopback, loop.LocalEndPoint.Port)),
            PathAddress.From(remote));
        var connection = new QuicConnection(driver, "localhost");
        handshake.Connection = connection;
        driver.Start();

        driver.Enter();
        driver.Closing.OnSendRefused(error);
        driver.Leave();
        SocketException e = await Assert.ThrowsAsync<SocketException>(() => connection.HandshakeCompleted.Soon());
        Assert.Equal(error, e.SocketErrorCode);
    }

    [Fact]
    public async Task A_stateless_reset_ends_the_connection()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        pair.Client.Driver.OnStatelessReset();
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => pair.Client.AcceptInboundStreamAsync().Soon());
        Assert.Equal(QuicError.ConnectionAborted, e.QuicError);
    }

    [Fact]
    public async Task A_defect_inside_a_connection_ends_that_connection_only_and_tells_the_peer()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        await using ConnectedPair other = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        server.Driver.State.Events = new DefectiveEvents();
        await client.WriteAsync(new byte[1]).Soon();
        foreach (QuicConnection connection in new[] { pair.Client, pair.Server })
        {
            QuicException e = await Assert.ThrowsAsync<QuicException>(() => connection.AcceptInboundStreamAsync().Soon());
            Assert.Equal(QuicError.TransportError, e.QuicError);
            Assert.Equal((long)TransportErrorCode.InternalError, e.TransportErrorCode);
        }

        await other.OpenAsync();
    }

    private sealed class DefectiveEvents : IStreamEvents
    {
        public void OnReadable() => throw new FormatException("a defect");

        public void OnWritable()
        {
        }

        public void OnSendStopped(ulong errorCode)
        {
        }

        public void OnSendFinished()
        {
        }

        public void OnReceiveReset(ulong errorCode)
        {
        }

        public void OnStreamFreed()
        {
        }
    }

    /// <summary>The answer to an Initial by a server that speaks one version that nobody knows. RFC 9000 §17.2.1.</summary>
    private static byte[] VersionNegotiation(ReadOnlySpan<byte> initial, uint version)
    {
        ReadOnlySpan<byte> destination = initial.Slice(6, initial[5]);
        ReadOnlySpan<byte> source = initial.Slice(7 + destination.Length, initial[6 + destination.Length]);
        byte[] packet = new byte[7 + source.Length + destination.Length + sizeof(uint)];
        packet[0] = 0x80;
        packet[5] = (byte)source.Length;
        source.CopyTo(packet.AsSpan(6));
        packet[6 + source.Length] = (byte)destination.Length;
        destination.CopyTo(packet.AsSpan(7 + source.Length));
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(packet.Length - sizeof(uint)), version);
        return packet;
    }
}
