using Quiver.Protocol.Connections;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Resumption;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;
using Quiver.Testing;

namespace Quiver.Simulation.Tests;

/// <summary>Connections that continue an earlier session, without early data.</summary>
public sealed class ResumptionTests
{
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(20);

    [Fact]
    [Rfc(9846, "2.2")]
    [Rfc(9846, "4.7.1")]
    public void A_second_connection_resumes_and_the_certificates_stay_known()
    {
        using World world = CreateWorld();
        SimConnection first = Sessions.Connect(world);
        Assert.False(first.Connection.Tls.IsResumed);
        Assert.Equal(2, first.Sessions.Count);
        SimConnection second = Sessions.Connect(world, first.Sessions[0]);
        Assert.True(second.Connection.Tls.IsResumed);
        Assert.True(world.Server.Connections[^1].Connection.Tls.IsResumed);
        Assert.Equal(first.Connection.Tls.PeerCertificates[0].Span, second.Connection.Tls.PeerCertificates[0].Span);
        Assert.Equal(EarlyDataState.None, second.Connection.EarlyData);
        Assert.Single(second.Sessions);
        Sessions.Exchange(world, second);

        // From ticket to ticket.
        SimConnection third = Sessions.Connect(world, second.Sessions[0]);
        Assert.True(third.Connection.Tls.IsResumed);
        Assert.NotEmpty(third.Connection.Tls.PeerCertificates);
    }

    [Theory]
    [InlineData(CipherSuite.Aes128GcmSha256)]
    [InlineData(CipherSuite.Aes256GcmSha384)]
    [InlineData(CipherSuite.ChaCha20Poly1305Sha256)]
    [Rfc(9846, "4.3.11")]
    public void Every_suite_resumes(int suite)
    {
        using World world = CreateWorld();
        ClientTlsSettings Only(ClientTlsSettings tls) => tls with { Suites = [(CipherSuite)suite] };
        SimConnection first = Sessions.Connect(world, configureTls: Only);
        SimConnection second = Sessions.Connect(world, first.Sessions[0], configureTls: Only);
        Assert.True(second.Connection.Tls.IsResumed);
        Assert.Equal((CipherSuite)suite, second.Connection.Tls.NegotiatedSuite);
    }

    [Fact]
    public void A_session_whose_suite_is_not_offered_any_more_is_not_resumed()
    {
        using World world = CreateWorld();
        SimConnection first = Sessions.Connect(world);
        SimConnection second = Sessions.Connect(
            world, first.Sessions[0], configureTls: tls => tls with { Suites = [CipherSuite.Aes256GcmSha384] });
        Assert.False(second.Connection.Tls.IsResumed);
    }

    [Fact]
    [Rfc(9846, "4.3.11")]
    public void A_ticket_that_was_changed_anywhere_is_ignored()
    {
        using World world = CreateWorld();
        SimSession session = Sessions.Connect(world).Sessions[0];
        for (int i = 0; i < session.Session.Ticket.Length; i += 7)
        {
            byte[] ticket = [.. session.Session.Ticket];
            ticket[i] ^= 0x10;
            SimConnection connection = Sessions.Connect(world, session with { Session = session.Session with { Ticket = ticket } });
            Assert.False(connection.Connection.Tls.IsResumed, $"byte {i}");
        }
    }

    [Fact]
    public void Tickets_of_a_key_that_is_gone_and_short_ones_are_ignored()
    {
        using World world = CreateWorld();
        SimSession session = Sessions.Connect(world).Sessions[0];
        using World other = CreateWorld(sealer: new byte[TicketKey.KeyLength].Select(_ => (byte)9).ToArray());
        Assert.False(Sessions.Connect(other, session with { Received = other.Now }).Connection.Tls.IsResumed);
        byte[] little = [1];
        Assert.False(Sessions.Connect(world, session with { Session = session.Session with { Ticket = little } }).Connection.Tls.IsResumed);
    }

    [Fact]
    [Rfc(9846, "4.3.11.2")]
    public void A_client_without_the_key_of_its_ticket_is_refused()
    {
        using World world = CreateWorld();
        SimSession session = Sessions.Connect(world).Sessions[0];
        byte[] wrong = [.. session.Session.Psk];
        wrong[0] ^= 1;
        SimConnection connection = world.Client.Connect(session: session with { Session = session.Session with { Psk = wrong } });
        Assert.True(world.RunUntil(() => connection.Closed is not null, TimeSpan.FromSeconds(5)));
        Assert.Equal(CloseKind.PeerTransport, connection.Closed!.Kind);
        Assert.Equal(TlsAlert.DecryptError, connection.Closed.Alert);
    }

    [Fact]
    [Rfc(9846, "4.7.1")]
    public void An_expired_ticket_leads_to_a_full_handshake()
    {
        using World world = CreateWorld();
        SimConnection first = Sessions.Connect(world);
        world.Run(TimeSpan.FromMinutes(61));
        Assert.False(Sessions.Connect(world, first.Sessions[0]).Connection.Tls.IsResumed);
    }

    [Fact]
    [Rfc(9846, "4.2.2")]
    public void A_session_resumes_across_a_HelloRetryRequest()
    {
        using World world = CreateWorld(groups: [NamedGroup.Secp384r1]);
        SimConnection first = Sessions.Connect(world);

        // As if another group had been used then: the share is for one that the server does not take.
        SimSession session = first.Sessions[0] with { Session = first.Sessions[0].Session with { Group = NamedGroup.X25519 } };
        SimConnection second = Sessions.Connect(world, session, withEarlyData: true);
        Assert.True(second.Connection.Tls.IsResumed);
        Assert.Equal(NamedGroup.Secp384r1, second.Connection.Tls.NegotiatedGroup);
        Assert.Equal(EarlyDataState.Rejected, second.Connection.EarlyData);
        Sessions.Exchange(world, second);
    }

    [Fact]
    public void The_share_of_a_resumed_session_is_for_the_group_of_before()
    {
        using World world = CreateWorld(groups: [NamedGroup.Secp384r1]);
        SimConnection first = Sessions.Connect(world);
        int before = world.SentBy(world.Client);
        Timestamp start = world.Now;
        SimConnection second = Sessions.Connect(world, first.Sessions[0]);
        Assert.True(second.Connection.Tls.IsResumed);
        Assert.True(world.SentBy(world.Client) > before);
        Assert.Equal(2 * s_delay, Sessions.HandshakeTime(world, start));
    }

    [Fact]
    public void Resumption_survives_loss_reordering_duplication_and_corruption()
    {
        for (int seed = 1; seed <= 60; seed++)
        {
            INetworkNode[] Nodes() => [new Loss(0.15), new Reorder(0.3, 3 * s_delay), new Duplicate(0.2), new Corrupt(0.05), new Delay(s_delay)];
            using World world = CreateWorld(seed: seed, nodes: Nodes);
            SimConnection first = Sessions.Connect(world);
            SimConnection second = Sessions.Connect(world, first.Sessions[0]);
            Assert.True(second.Connection.Tls.IsResumed, $"seed {seed}");
            Sessions.Exchange(world, second);
        }
    }

    [Fact]
    public void A_server_without_tickets_gives_none_and_takes_none()
    {
        using World with = CreateWorld();
        SimSession session = Sessions.Connect(with).Sessions[0];
        using World without = new(1, [new Delay(s_delay)], [new Delay(s_delay)]);
        SimConnection connection = without.Client.Connect(session: session with { Received = without.Now });
        Assert.True(without.RunUntil(() => connection.IsConnected, TimeSpan.FromSeconds(5)));
        without.Run(TimeSpan.FromSeconds(1));
        Assert.False(connection.Connection.Tls.IsResumed);
        Assert.Empty(connection.Sessions);
        Assert.False(connection.EarlyData);
    }

    [Fact]
    [Rfc(9846, "4.7.1")]
    public void A_client_that_asks_for_no_tickets_gets_none()
    {
        using World world = CreateWorld();
        SimConnection connection = world.Client.Connect(configureTls: tls => tls with { AcceptsTickets = false });
        Assert.True(world.RunUntil(() => connection.IsConnected, TimeSpan.FromSeconds(5)));
        world.Run(TimeSpan.FromSeconds(1));
        Assert.Empty(connection.Sessions);
    }

    private static World CreateWorld(
        int seed = 1, IReadOnlyList<NamedGroup>? groups = null, Func<INetworkNode[]>? nodes = null, byte[]? sealer = null)
    {
        SimServerOptions server = new() { Tickets = sealer is null ? new SimTickets() : new SimTickets { Sealer = SimTickets.WithKey(sealer) } };
        nodes ??= () => [new Delay(s_delay)];
        return new World(seed, nodes(), nodes(), groups is null ? server : server with { Groups = groups });
    }
}
