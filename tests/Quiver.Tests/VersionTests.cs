using System.Net;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>Which version of QUIC two sides end up with, and what tickets have to do with it.</summary>
public sealed class VersionTests
{
    private const QuicVersion V1 = QuicVersion.Version1;
    private const QuicVersion V2 = QuicVersion.Version2;

    [Theory]

    // Without preferences of the server the client's first packet decides.
    [InlineData(new[] { V1 }, null, null, V1)]
    [InlineData(new[] { V2 }, null, null, V2)]
    [InlineData(new[] { V2, V1 }, null, null, V1)]
    [InlineData(new[] { V2, V1 }, V2, null, V2)]

    // With them the server does, among what the client offers.
    [InlineData(new[] { V1, V2 }, null, new[] { V2, V1 }, V2)]
    [InlineData(new[] { V1, V2 }, V2, new[] { V1, V2 }, V1)]
    [InlineData(new[] { V1 }, null, new[] { V2, V1 }, V1)]
    [InlineData(new[] { V2 }, null, new[] { V1, V2 }, V2)]

    // What the server does not speak is negotiated before.
    [InlineData(new[] { V1, V2 }, null, new[] { V2 }, V2)]
    [InlineData(new[] { V2, V1 }, V2, new[] { V1 }, V1)]
    public async Task Both_sides_agree(QuicVersion[] client, QuicVersion? initial, QuicVersion[]? server, QuicVersion expected)
    {
        await using QuicListener listener = await ListenAsync(server);
        QuicClientConnectionOptions options = Loopback.ClientOptions(listener.LocalEndPoint);
        options.Versions = client;
        options.InitialVersion = initial;
        await using QuicConnection connection = await ConnectAndExchangeAsync(listener, options, accepted => Assert.Equal(expected, accepted.NegotiatedVersion));
        Assert.Equal(expected, connection.NegotiatedVersion);
    }

    [Fact]
    public async Task Without_a_common_version_the_error_names_both_sides()
    {
        await using QuicListener listener = await ListenAsync([V2]);
        QuicClientConnectionOptions options = Loopback.ClientOptions(listener.LocalEndPoint);
        options.Versions = [V1];
        QuicException e = await ThrowsVersionAsync(() => QuicConnection.ConnectAsync(options).Soon());
        Assert.Matches(@"no version of QUIC in common: the server offers version 2, 0x.a.a.a.a, this side version 1\.$", e.Message);
    }

    [Fact]
    public async Task Listeners_of_one_endpoint_have_versions_of_their_own()
    {
        await using QuicEndpoint endpoint = QuicEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using QuicListener one = await endpoint.ListenAsync(Options("one", V1)).Soon();
        await using QuicListener two = await endpoint.ListenAsync(Options("two", V2)).Soon();

        // The endpoint lets version 1 in, for the other listener. This one moves the client on, if it can.
        QuicClientConnectionOptions options = Client("two");
        await using (QuicConnection moved = await ConnectAndExchangeAsync(two, options, x => Assert.Equal(V2, x.NegotiatedVersion)))
        {
            Assert.Equal(V2, moved.NegotiatedVersion);
        }

        options = Client("two");
        options.Versions = [V1];
        Task<QuicException> failed = ThrowsVersionAsync(() => two.AcceptConnectionAsync().Soon());
        QuicException e = await ThrowsVersionAsync(() => QuicConnection.ConnectAsync(options).Soon());
        Assert.EndsWith("the peer says: the client offers version 1, the server takes version 2.", e.Message, StringComparison.Ordinal);
        Assert.Equal(0x11, e.TransportErrorCode);
        Assert.Contains("this side says: the client offers version 1, the server takes version 2.", (await failed).Message, StringComparison.Ordinal);

        QuicClientConnectionOptions Client(string protocol)
        {
            QuicClientConnectionOptions client = Loopback.ClientOptions(endpoint.LocalEndPoint);
            client.ClientAuthenticationOptions.ApplicationProtocols = [new(protocol)];
            return client;
        }

        static QuicListenerOptions Options(string protocol, QuicVersion version)
        {
            QuicServerConnectionOptions server = Loopback.ServerOptions();
            server.ServerAuthenticationOptions.ApplicationProtocols = [new(protocol)];
            QuicListenerOptions listener = Loopback.ListenerOptions(server);
            listener.ListenEndPoint = null!;
            listener.ApplicationProtocols = [new(protocol)];
            listener.Versions = [version];
            return listener;
        }
    }

    [Fact]
    public async Task A_ticket_of_one_version_is_not_used_with_the_other()
    {
        var store = new SessionTicketStore();
        await using QuicListener listener = await Loopback.ListenAsync();
        foreach ((QuicVersion version, bool isResumed) in new[] { (V1, false), (V2, false), (V2, true), (V1, true) })
        {
            QuicClientConnectionOptions options = Resuming(listener, store);
            options.Versions = [version];
            await using QuicConnection client = await ConnectAndExchangeAsync(listener, options);
            Assert.Equal((version, isResumed), (client.NegotiatedVersion, client.IsResumed));
        }
    }

    [Fact]
    public async Task The_next_connection_begins_with_the_version_of_its_ticket()
    {
        // The server moves the client to version 2, and gives tickets for that. Every client has to follow a Retry, but for one with a token.
        var store = new SessionTicketStore();
        QuicListenerOptions listening = Loopback.ListenerOptions();
        listening.Versions = [V2, V1];
        listening.RetryPolicy = QuicRetryPolicy.Always;
        await using QuicListener listener = await QuicListener.ListenAsync(listening).Soon();
        var tokens = new AddressTokenStore();
        for (int i = 0; i < 3; i++)
        {
            QuicClientConnectionOptions options = Resuming(listener, store);
            options.AddressTokens = tokens;
            await using QuicConnection client = await ConnectAndExchangeAsync(listener, options);
            Assert.Equal((V2, i > 0, i == 0), (client.NegotiatedVersion, client.IsResumed, client.IsRetried));
        }

        // Who insists on beginning with version 1 has neither ticket nor token for it.
        QuicClientConnectionOptions first = Resuming(listener, store);
        first.AddressTokens = tokens;
        first.InitialVersion = V1;
        await using QuicConnection last = await ConnectAndExchangeAsync(listener, first, accepted => Assert.False(accepted.IsRetried));
        Assert.Equal((V2, false, true), (last.NegotiatedVersion, last.IsResumed, last.IsRetried));
    }

    [Fact]
    public async Task Early_data_for_a_server_that_has_given_up_its_version_is_rejected_and_the_connection_goes_on()
    {
        var store = new SessionTicketStore();
        QuicServerConnectionOptions server = Loopback.ServerOptions();
        server.AllowEarlyData = true;
        server.SessionTicketKeys = new SessionTicketKeyRing();
        QuicListenerOptions listening = Loopback.ListenerOptions(server);
        QuicListener before = await QuicListener.ListenAsync(listening).Soon();
        QuicClientConnectionOptions options = Resuming(before, store);
        await (await ConnectAndExchangeAsync(before, options)).DisposeAsync().Soon();
        await before.DisposeAsync().Soon();
        Assert.NotEqual(0, store.Count);

        // The same address and keys.
        listening.ListenEndPoint = before.LocalEndPoint;
        listening.Versions = [V2];
        await using QuicListener after = await QuicListener.ListenAsync(listening).Soon();

        // A way that takes its time, so that the stream is there before the answer.
        using UdpRelay relay = new(after.LocalEndPoint, TimeSpan.FromMilliseconds(200));
        options = Resuming(after, store);
        options.RemoteEndPoint = relay.EndPoint;
        options.SessionTickets = new RedirectingStore(store, relay.EndPoint.Port, after.LocalEndPoint.Port);
        options.EnableEarlyData = true;
        await using QuicConnection client = await QuicConnection.ConnectAsync(options).Soon();
        Assert.Equal((QuicEarlyDataState.Pending, V1), (client.EarlyDataState, client.NegotiatedVersion));
        await using QuicStream early = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        QuicException e = await Assert.ThrowsAsync<QuicException>(async () =>
        {
            await early.WriteAsync(new byte[1], completeWrites: true).Soon();
            await early.ReadAsync(new byte[1]).Soon();
        });
        Assert.Equal(QuicError.EarlyDataRejected, e.QuicError);
        await client.HandshakeCompleted.Soon();
        Assert.Equal((QuicEarlyDataState.Rejected, V2, false), (client.EarlyDataState, client.NegotiatedVersion, client.IsResumed));
        await using QuicConnection accepted = await after.AcceptConnectionAsync().Soon();
        await EndpointTests.EchoAsync(client, accepted);
    }

    private static QuicClientConnectionOptions Resuming(QuicListener listener, SessionTicketStore store)
    {
        QuicClientConnectionOptions options = Loopback.ClientOptions(listener.LocalEndPoint);
        options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = AcceptAny;
        options.SessionTickets = store;
        return options;

        static bool AcceptAny(
            object sender,
            System.Security.Cryptography.X509Certificates.X509Certificate? certificate,
            System.Security.Cryptography.X509Certificates.X509Chain? chain,
            System.Net.Security.SslPolicyErrors errors) => true;
    }

    private static async Task<QuicListener> ListenAsync(IReadOnlyList<QuicVersion>? versions)
    {
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.Versions = versions;
        return await QuicListener.ListenAsync(options).Soon();
    }

    private static async Task<QuicException> ThrowsVersionAsync(Func<Task> call)
    {
        QuicException e = await Assert.ThrowsAsync<QuicException>(call);
        Assert.Equal(QuicError.VersionNegotiationError, e.QuicError);
        return e;
    }

    /// <summary>Tickets and tokens come after the handshake: an exchange later they are here.</summary>
    private static async Task<QuicConnection> ConnectAndExchangeAsync(
        QuicListener listener, QuicClientConnectionOptions options, Action<QuicConnection>? check = null)
    {
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        QuicConnection client = await QuicConnection.ConnectAsync(options).Soon();
        await using QuicConnection server = await accept;
        check?.Invoke(server);
        QuicStream asked = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await asked.WriteAsync(new byte[1], completeWrites: true).Soon();
        await using QuicStream answered = await server.AcceptInboundStreamAsync().Soon();
        await answered.WriteAsync(new byte[1], completeWrites: true).Soon();
        Assert.Equal(1, await asked.ReadAsync(new byte[1]).Soon());
        return client;
    }
}
