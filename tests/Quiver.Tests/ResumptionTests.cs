using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Quiver.Testing;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>Sessions that are resumed, early data, and who decides about them.</summary>
public sealed class ResumptionTests
{
    // The server's answers take so long: the client has its say before them, however busy the machine is.
    private static readonly TimeSpan s_time = TimeSpan.FromMilliseconds(300);

    private static readonly RemoteCertificateValidationCallback s_accept = static (_, _, _, _) => true;

    [Fact]
    public async Task A_second_connection_resumes_and_knows_what_the_first_knew()
    {
        await using ResumingPair pair = await ResumingPair.CreateAsync();
        await using QuicConnection second = await pair.ConnectAsync();
        QuicConnection server = pair.Accepted;
        Assert.True(second.IsResumed);
        Assert.True(server.IsResumed);
        Assert.Equal(QuicEarlyDataState.None, second.EarlyDataState);
        Assert.Equal(Certificates.Server.GetCertHashString(), second.RemoteCertificate!.GetCertHashString());
        Assert.Null(server.RemoteCertificate);
        Assert.Equal("X25519MLKEM768", second.NegotiatedGroup);
        Assert.Equal("X25519MLKEM768", server.NegotiatedGroup);
        Assert.Equal(TlsCipherSuite.TLS_AES_128_GCM_SHA256, second.NegotiatedCipherSuite);
        Assert.Equal(Loopback.Protocol, second.NegotiatedApplicationProtocol);
        Assert.True(second.HandshakeCompleted.IsCompletedSuccessfully);
        await server.HandshakeCompleted.Soon();
        await pair.EchoAsync(second);
    }

    [Fact]
    public async Task A_full_handshake_gives_two_tickets_and_a_resumed_one_one()
    {
        await using ResumingPair pair = await ResumingPair.CreateAsync();
        Assert.Equal(2, pair.Store.Count);
        await using QuicConnection second = await pair.ConnectAsync();
        await pair.WaitForTicketsAsync(2);
        await pair.EchoAsync(second);
        await Task.Delay(50);
        Assert.Equal(2, pair.Store.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AllowTlsResume_off_on_either_side_means_full_handshakes(bool atClient)
    {
        await using ResumingPair pair = await ResumingPair.CreateAsync(
            server: x => x.ServerAuthenticationOptions.AllowTlsResume = atClient,
            client: x => x.ClientAuthenticationOptions.AllowTlsResume = !atClient,
            expectsTickets: false);
        Assert.Equal(0, pair.Store.Count);
        await using QuicConnection second = await pair.ConnectAsync();
        Assert.False(second.IsResumed);
    }

    [Fact]
    public async Task A_server_that_wants_client_certificates_does_not_resume()
    {
        await using ResumingPair pair = await ResumingPair.CreateAsync();
        pair.ServerOptions.ServerAuthenticationOptions.ClientCertificateRequired = true;
        pair.ServerOptions.ServerAuthenticationOptions.RemoteCertificateValidationCallback = s_accept;
        await using QuicConnection second = await pair.ConnectAsync();
        Assert.False(second.IsResumed);
        Assert.True(pair.Store.Count < 2);
    }

    [Fact]
    public async Task Another_client_certificate_does_not_use_the_tickets()
    {
        await using ResumingPair pair = await ResumingPair.CreateAsync();
        await using QuicConnection second = await pair.ConnectAsync(x => x.ClientAuthenticationOptions.ClientCertificates = [Certificates.Client]);
        Assert.False(second.IsResumed);
        await pair.WaitForTicketsAsync(2 + 2);
    }

    [Fact]
    public async Task The_same_callback_is_not_asked_again_and_another_one_is()
    {
        int asked = 0;
        RemoteCertificateValidationCallback counting = (_, _, _, _) =>
        {
            asked++;
            return true;
        };
        await using ResumingPair pair = await ResumingPair.CreateAsync(client: x => x.ClientAuthenticationOptions.RemoteCertificateValidationCallback = counting);
        Assert.Equal(1, asked);
        await using QuicConnection second = await pair.ConnectAsync();
        Assert.True(second.IsResumed);
        Assert.Equal(1, asked);

        X509Certificate? seen = null;
        await using QuicConnection third = await pair.ConnectAsync(x => x.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
        {
            seen = new X509Certificate2(certificate!);
            return true;
        });
        Assert.True(third.IsResumed);
        Assert.Equal(Certificates.Server.GetCertHashString(), seen!.GetCertHashString());
    }

    [Fact]
    public async Task A_stricter_callback_ends_a_resumed_connection()
    {
        await using ResumingPair pair = await ResumingPair.CreateAsync();
        await Assert.ThrowsAsync<AuthenticationException>(
            () => pair.ConnectAsync(x => x.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (_, _, _, _) => false));
        await Assert.ThrowsAsync<AuthenticationException>(
            () => pair.ConnectAsync(x => x.ClientAuthenticationOptions.RemoteCertificateValidationCallback = null));
    }

    [Fact]
    public async Task A_policy_with_the_same_content_counts_as_the_same()
    {
        void Trust(QuicClientConnectionOptions options)
        {
            options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = null;
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.Add(Certificates.Server);
            options.ClientAuthenticationOptions.CertificateChainPolicy = policy;
            options.EnableEarlyData = true;
        }

        await using ResumingPair pair = await ResumingPair.CreateAsync(server: x => x.AllowEarlyData = true, client: Trust);
        await using QuicConnection second = await pair.ConnectAsync(Trust);
        await second.HandshakeCompleted.Soon();
        Assert.Equal(QuicEarlyDataState.Accepted, second.EarlyDataState);
    }

    [Fact]
    public async Task Keys_that_were_imported_on_two_servers_open_each_others_tickets()
    {
        byte[] key = RandomNumberGenerator.GetBytes(SessionTicketKeyRing.KeyLength);
        byte[] next = RandomNumberGenerator.GetBytes(SessionTicketKeyRing.KeyLength);
        await using ResumingPair one = await ResumingPair.CreateAsync(server: x => x.SessionTicketKeys = new SessionTicketKeyRing([key]));
        SessionTicketKeyRing two = new([next, key]);
        one.ServerOptions.SessionTicketKeys = two;
        await using QuicConnection second = await one.ConnectAsync();
        Assert.True(second.IsResumed);
        await one.EchoAsync(second);
        two.Import([next]);
        await using QuicConnection third = await one.ConnectAsync();
        Assert.True(third.IsResumed, "its ticket is of the second key");
        two.Rotate();
        Assert.Equal(2, two.Count);
        one.ServerOptions.SessionTicketKeys = new SessionTicketKeyRing();
        await using QuicConnection fourth = await one.ConnectAsync();
        Assert.False(fourth.IsResumed);
    }

    [Fact]
    public async Task Data_of_the_application_comes_back_with_the_ticket()
    {
        byte[] data = "user 42"u8.ToArray();
        await using ResumingPair pair = await ResumingPair.CreateAsync(server: x => x.SessionTicketData = data);
        Assert.True(pair.Accepted.SessionTicketData.IsEmpty);
        await using QuicConnection second = await pair.ConnectAsync();
        Assert.Equal(data, pair.Accepted.SessionTicketData.ToArray());
    }

    [Fact]
    public async Task An_exported_ticket_resumes_and_without_a_callback_allows_early_data()
    {
        await using ResumingPair pair = await ResumingPair.CreateAsync(server: x => x.AllowEarlyData = true);
        ExportingStore store = new(pair.Store);
        await using QuicConnection second = await pair.ConnectAsync(x =>
        {
            x.SessionTickets = store;
            x.EnableEarlyData = true;
        });
        Assert.True(store.Exported);
        Assert.Equal(QuicEarlyDataState.None, second.EarlyDataState);
        Assert.True(second.IsResumed);
    }

    [Fact]
    public void What_is_not_a_ticket_is_a_format_error()
    {
        Assert.Throws<FormatException>(() => SessionTicket.Import([]));
        Assert.Throws<FormatException>(() => SessionTicket.Import([1, 2, 3, 4]));
        Assert.Throws<FormatException>(() => SessionTicket.Import(new byte[100]));
    }

    [Fact]
    public async Task Early_datagrams_reach_the_application_before_the_handshake_is_complete()
    {
        await using ResumingPair pair = await ResumingPair.CreateAsync(
            server: x =>
            {
                x.AllowEarlyData = true;
                x.EnableDatagrams = true;
            },
            client: x =>
            {
                x.EnableEarlyData = true;
                x.EnableDatagrams = true;
            });
        using UdpRelay relay = new(pair.EndPoint, s_time);
        await using QuicConnection client = await pair.ConnectAsync(relay);
        Assert.Equal(QuicEarlyDataState.Pending, client.EarlyDataState);
        Assert.InRange(client.MaxDatagramSize, 1000, 1500);
        await client.SendDatagramAsync("early"u8.ToArray()).Soon();
        QuicConnection server = await pair.AcceptAsync();
        byte[] buffer = new byte[100];
        Assert.Equal(5, await server.ReceiveDatagramAsync(buffer).Soon());
        Assert.Equal("early"u8.ToArray(), buffer[..5]);
        Assert.False(client.HandshakeCompleted.IsCompleted);
        await server.SendDatagramAsync("answer"u8.ToArray()).Soon();
        Assert.Equal(6, await client.ReceiveDatagramAsync(buffer).Soon());
        await client.HandshakeCompleted.Soon();
        Assert.Equal(QuicEarlyDataState.Accepted, client.EarlyDataState);
        await client.SendDatagramAsync("later"u8.ToArray()).Soon();
        Assert.Equal(5, await server.ReceiveDatagramAsync(buffer).Soon());
    }

    [Fact]
    public async Task Early_data_reaches_the_application_before_the_handshake_is_complete()
    {
        await using ResumingPair pair = await ResumingPair.CreateAsync(server: x => x.AllowEarlyData = true, client: x => x.EnableEarlyData = true);
        using UdpRelay relay = new(pair.EndPoint, s_time);
        await using QuicConnection client = await pair.ConnectAsync(relay);
        Assert.Equal(QuicEarlyDataState.Pending, client.EarlyDataState);
        Assert.False(client.HandshakeCompleted.IsCompleted);
        Assert.Equal(Loopback.Protocol, client.NegotiatedApplicationProtocol);
        Assert.NotNull(client.RemoteCertificate);
        await using QuicStream stream = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await stream.WriteAsync("early"u8.ToArray(), completeWrites: true).Soon();
        QuicConnection server = await pair.AcceptAsync();
        Assert.Equal(QuicEarlyDataState.Accepted, server.EarlyDataState);
        Assert.Equal(Loopback.Protocol, server.NegotiatedApplicationProtocol);
        await using QuicStream received = await server.AcceptInboundStreamAsync().Soon();
        byte[] buffer = new byte[5];
        await received.ReadExactlyAsync(buffer).Soon();
        Assert.True(received.HasEarlyData);
        await received.WriteAsync("answer"u8.ToArray(), completeWrites: true).Soon();
        byte[] answer = new byte[6];
        await stream.ReadExactlyAsync(answer).Soon();
        await client.HandshakeCompleted.Soon();
        await server.HandshakeCompleted.Soon();
        Assert.Equal(QuicEarlyDataState.Accepted, client.EarlyDataState);
        Assert.True(client.IsResumed);
        Assert.False(stream.HasEarlyData);
        await pair.EchoAsync(client);
    }

    [Theory]
    [InlineData("off")]
    [InlineData("callback")]
    [InlineData("limit")]
    [InlineData("keys")]
    [InlineData("filter")]
    [Rfc(9001, "4.6.2")]
    public async Task Refused_early_data_is_seen_and_the_connection_goes_on(string why)
    {
        await using ResumingPair pair = await ResumingPair.CreateAsync(server: x => x.AllowEarlyData = true, client: x => x.EnableEarlyData = true);
        switch (why)
        {
            case "off":
                pair.ServerOptions.AllowEarlyData = false;
                break;
            case "callback":
                pair.ServerOptions.EarlyDataCallback = _ => false;
                break;
            case "limit":
                pair.ServerOptions.MaxInboundBidirectionalStreams = 99;
                break;
            case "keys":
                pair.ServerOptions.SessionTicketKeys = new SessionTicketKeyRing();
                break;
            default:
                pair.ServerOptions.ReplayFilter = new RefusingFilter();
                break;
        }

        using UdpRelay relay = new(pair.EndPoint, s_time);
        await using QuicConnection client = await pair.ConnectAsync(relay);
        await using QuicStream early = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        Task<QuicConnection> accept = pair.AcceptAsync();
        await early.WriteAsync("early"u8.ToArray()).Soon();
        QuicException read = await Assert.ThrowsAsync<QuicException>(() => early.ReadExactlyAsync(new byte[1]).Soon());
        Assert.Equal(QuicError.EarlyDataRejected, read.QuicError);
        await AssertQuic.ErrorAsync(QuicError.EarlyDataRejected, null, () => early.WriteAsync(new byte[1]).AsTask());
        await AssertQuic.ErrorAsync(QuicError.EarlyDataRejected, null, () => early.WritesClosed);
        await AssertQuic.ErrorAsync(QuicError.EarlyDataRejected, null, () => early.ReadsClosed);
        await early.DisposeAsync().Soon();
        await client.HandshakeCompleted.Soon();
        Assert.Equal(QuicEarlyDataState.Rejected, client.EarlyDataState);
        Assert.Equal(why != "keys", client.IsResumed);
        QuicConnection server = await accept;
        Assert.NotEqual(QuicEarlyDataState.Accepted, server.EarlyDataState);
        await pair.EchoAsync(client);
    }

    [Fact]
    public async Task Early_data_is_off_unless_both_sides_want_it()
    {
        await using ResumingPair server = await ResumingPair.CreateAsync(server: x => x.AllowEarlyData = true);
        await using QuicConnection one = await server.ConnectAsync();
        Assert.Equal(QuicEarlyDataState.None, one.EarlyDataState);
        await using ResumingPair client = await ResumingPair.CreateAsync(client: x => x.EnableEarlyData = true);
        await using QuicConnection two = await client.ConnectAsync();
        Assert.Equal(QuicEarlyDataState.None, two.EarlyDataState);
        Assert.True(two.IsResumed);
    }

    [Fact]
    [Rfc(9846, "8.2")]
    public async Task A_first_flight_that_comes_again_is_not_taken_twice()
    {
        await using ResumingPair pair = await ResumingPair.CreateAsync(
            server: x =>
            {
                x.AllowEarlyData = true;
                x.ReplayFilter = new BloomReplayFilter();
            },
            client: x => x.EnableEarlyData = true);
        using UdpRelay relay = new(pair.EndPoint, s_time);
        await using QuicConnection client = await pair.ConnectAsync(relay);
        await using QuicStream stream = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await stream.WriteAsync("pay"u8.ToArray(), completeWrites: true).Soon();
        await using QuicConnection server = await pair.AcceptAsync();
        await client.HandshakeCompleted.Soon();
        Assert.Equal(QuicEarlyDataState.Accepted, client.EarlyDataState);
        await server.HandshakeCompleted.Soon();
        await server.CloseAsync(0).Soon();

        // The server has forgotten nothing but the connection ids: the attacker sends all again, from elsewhere.
        int before = pair.Options;
        await Task.Delay(200);
        relay.Replay(pair.EndPoint);
        await pair.WaitForOptionsAsync(before + 1);
        await Task.Delay(300);
        Assert.False(pair.HasAccepted);
    }

    [Fact]
    public async Task A_client_that_gives_up_fails_its_streams_and_the_handshake()
    {
        await using ResumingPair pair = await ResumingPair.CreateAsync(server: x => x.AllowEarlyData = true, client: x => x.EnableEarlyData = true);
        IPEndPoint nowhere = new(IPAddress.Loopback, 9);
        QuicConnection client = await pair.ConnectAsync(
            x =>
            {
                x.SessionTickets = new RedirectingStore(pair.Store, nowhere.Port, pair.EndPoint.Port);
                x.RemoteEndPoint = nowhere;
                x.HandshakeTimeout = TimeSpan.FromMilliseconds(300);
            },
            waitForServer: false);
        await using QuicStream stream = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await stream.WriteAsync("early"u8.ToArray()).Soon();
        await AssertQuic.ErrorAsync(QuicError.ConnectionTimeout, null, () => stream.ReadExactlyAsync(new byte[1]).AsTask());
        await AssertQuic.ErrorAsync(QuicError.ConnectionTimeout, null, () => client.HandshakeCompleted);
        await client.DisposeAsync().Soon();
    }

    [Fact]
    public void The_options_are_checked()
    {
        QuicServerConnectionOptions options = Loopback.ServerOptions();
        options.SessionTicketCount = 9;
        Assert.Throws<ArgumentOutOfRangeException>(() => options.Validate("options"));
        options.SessionTicketCount = 0;
        options.SessionTicketLifetime = TimeSpan.FromDays(8);
        Assert.Throws<ArgumentOutOfRangeException>(() => options.Validate("options"));
        options.SessionTicketLifetime = TimeSpan.FromDays(7);
        options.SessionTicketData = new byte[4097];
        Assert.Throws<ArgumentOutOfRangeException>(() => options.Validate("options"));
        options.SessionTicketData = default;
        options.Validate("options");
    }

    private sealed class RefusingFilter : IReplayFilter
    {
        public bool TryAccept(ReadOnlySpan<byte> attempt, DateTimeOffset ticketIssuedAt) => false;
    }

    private sealed class ExportingStore(ISessionTicketStore inner) : ISessionTicketStore
    {
        public bool Exported { get; private set; }

        public void Add(string scope, SessionTicket ticket) => inner.Add(scope, ticket);

        public SessionTicket? Take(string scope)
        {
            SessionTicket? ticket = inner.Take(scope);
            Exported = ticket is not null;
            return ticket is null ? null : SessionTicket.Import(ticket.Export());
        }
    }
}
