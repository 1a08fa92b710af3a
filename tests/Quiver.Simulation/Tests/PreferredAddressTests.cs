using Quiver.Protocol.ConnectionIds;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Paths;
using Quiver.Protocol.Primitives;
using Quiver.Simulation.Attack;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;
using Quiver.Testing;

namespace Quiver.Simulation.Tests;

/// <summary>A server asks its clients to another of its addresses.</summary>
public sealed class PreferredAddressTests
{
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(20);
    private static readonly PathAddress s_first = PathAddress.FromIPv4(0x0A000002, 443);
    private static readonly PathAddress s_preferred = PathAddress.FromIPv4(0x0A000003, 4433);
    private static readonly PathAddress s_other = PathAddress.FromIPv4(0x0B000001, 60000);

    [Theory]
    [InlineData(0.0, false)]
    [InlineData(0.05, false)]
    [InlineData(0.0, true)]
    [Rfc(9000, "9.6.1"), Rfc(9000, "9.6.2"), Rfc(9000, "9.5")]
    public void Client_goes_to_the_preferred_address_and_the_server_answers_there(double loss, bool disablesMigration)
    {
        for (int seed = 1; seed <= 10; seed++)
        {
            using World world = Create(seed, loss, disablesMigration);
            var ids = new IdsByPath(world);
            SimConnection client = world.Client.Connect();
            Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromMinutes(1)), $"seed {seed}");
            SimStream up = client.Open();
            up.Send(1_000_000);
            Assert.True(world.RunUntil(() => up.IsSendFinished, TimeSpan.FromMinutes(5)), $"seed {seed}: {client.Closed}");
            SimConnection server = world.Server.Connections[0];
            Assert.Equal(s_preferred, client.Connection.RemoteAddress);
            Assert.Equal(s_preferred, server.Connection.LocalAddress);
            Assert.Equal(world.Client.Address, server.Connection.RemoteAddress);
            ids.AssertUnlinkable();
            world.Run(TimeSpan.FromSeconds(5));
            Assert.Equal(1, client.Connection.PathCount);
            Assert.Equal(1, server.Connection.PathCount);

            // From there it may go on: the server has led it, whatever it asked for at first. RFC 9000 §9.
            int before = ids.Datagrams[s_first];
            Assert.Equal(PathAdmission.Tried, client.Connection.Migrator!.TryAdd(s_other, world.Now, out NetworkPath? other));
            Assert.Equal(s_preferred, other!.Remote);
            if (!disablesMigration)
            {
                Assert.True(world.RunUntil(() => client.ValidatedPaths.Contains(other), TimeSpan.FromSeconds(5)), $"seed {seed}");
                Assert.True(client.Connection.Migrator.TryMigrate(other, world.Now));
                Assert.True(world.RunUntil(() => server.Connection.RemoteAddress == s_other, TimeSpan.FromSeconds(5)), $"seed {seed}");
            }

            Assert.Equal(before, ids.Datagrams[s_first]);
            ids.AssertUnlinkable();
        }
    }

    [Fact]
    [Rfc(9000, "9.6.1")]
    public void Client_stays_when_the_preferred_address_does_not_answer()
    {
        using World world = Create(1, 0, drops: datagram => datagram.Arrival.Local == s_preferred);
        SimConnection client = world.Client.Connect();
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(1)));
        SimStream up = client.Open();
        up.Send(1_000_000);
        world.Run(TimeSpan.FromSeconds(10));
        Assert.True(up.IsSendFinished);
        Assert.Single(client.GonePaths);
        Assert.Equal(s_first, client.Connection.RemoteAddress);
        Assert.Equal(s_first, world.Server.Connections[0].Connection.LocalAddress);
        Assert.Empty(client.Moves);
    }

    // Where the preferred address answers to the new address of the client, that is the way that it asked for. RFC 9000 §9.6.3.
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [Rfc(9000, "9.6.3")]
    public void Client_that_goes_elsewhere_before_it_has_gone_to_the_preferred_address_tries_both(bool firstAnswers, bool preferredAnswers)
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            using World world = Create(seed, 0, drops: datagram =>
                (datagram.Arrival.Local == s_preferred && (!preferredAnswers || datagram.Arrival.Remote != s_other))
                || (datagram.Arrival.Local == s_first && !firstAnswers && datagram.Arrival.Remote == s_other));
            var ids = new IdsByPath(world);
            SimConnection client = world.Client.Connect();
            Assert.True(world.RunUntil(() => client.Preferred is not null, TimeSpan.FromMinutes(1)), $"seed {seed}");
            SimStream up = client.Open();
            up.Send(1_000_000);
            Assert.Equal(PathAdmission.Tried, client.Connection.Migrator!.TryAdd(s_other, world.Now, out NetworkPath? other));
            Assert.True(world.RunUntil(() => client.ValidatedPaths.Contains(other!), TimeSpan.FromSeconds(5)), $"seed {seed}");
            world.Run(5 * s_delay);
            PathAddress expected = preferredAnswers ? s_preferred : s_first;
            Assert.Equal(expected, other!.Remote);
            Assert.True(client.Connection.Migrator.TryMigrate(other, world.Now));
            SimConnection server = world.Server.Connections[0];
            Assert.True(world.RunUntil(() => up.IsSendFinished && server.Connection.RemoteAddress == s_other, TimeSpan.FromMinutes(1)), $"seed {seed}: {client.Closed}");
            Assert.Equal(expected, server.Connection.LocalAddress);
            Assert.Equal(expected, client.Connection.RemoteAddress);
            ids.AssertUnlinkable();
            Assert.DoesNotContain(other, client.GonePaths);

            // Those that came to nothing go, and so does the one that was left.
            world.Run(TimeSpan.FromSeconds(10));
            Assert.Equal(2, client.Connection.PathCount);
        }
    }

    [Fact]
    [Rfc(9000, "9.6.3")]
    public void Client_that_went_elsewhere_first_goes_on_to_the_preferred_address_when_that_answers()
    {
        bool isLate = true;
        using World world = Create(1, 0, drops: datagram => datagram.Arrival.Local == s_preferred && (isLate || datagram.Arrival.Remote != s_other));
        SimConnection client = world.Client.Connect();
        Assert.True(world.RunUntil(() => client.Preferred is not null, TimeSpan.FromMinutes(1)));
        Assert.Equal(PathAdmission.Tried, client.Connection.Migrator!.TryAdd(s_other, world.Now, out NetworkPath? other));
        Assert.True(world.RunUntil(() => client.ValidatedPaths.Contains(other!), TimeSpan.FromSeconds(5)));
        Assert.Equal(s_first, other!.Remote);
        Assert.True(client.Connection.Migrator.TryMigrate(other, world.Now));
        isLate = false;
        SimStream up = client.Open();
        up.Send(1_000_000);
        Assert.True(world.RunUntil(() => up.IsSendFinished, TimeSpan.FromMinutes(1)));
        world.Run(TimeSpan.FromSeconds(10));
        Assert.Equal(s_other, client.Connection.LocalAddress);
        Assert.Equal(s_preferred, client.Connection.RemoteAddress);
        Assert.Equal(s_preferred, world.Server.Connections[0].Connection.LocalAddress);
        Assert.Equal(1, client.Connection.PathCount);
    }

    [Fact]
    [Rfc(9000, "9.6.3")]
    public void What_the_client_gives_up_takes_the_way_to_the_preferred_address_with_it()
    {
        using World world = Create(1, 0, drops: datagram => datagram.Arrival.Local == s_preferred);
        SimConnection client = world.Client.Connect();
        Assert.True(world.RunUntil(() => client.Preferred is not null, TimeSpan.FromMinutes(1)));
        world.Run(s_delay);
        int before = client.Connection.PathCount;
        Assert.Equal(PathAdmission.Tried, client.Connection.Migrator!.TryAdd(s_other, world.Now, out NetworkPath? other));
        Assert.Equal(before + 2, client.Connection.PathCount);
        client.Connection.Migrator.Remove(other!, world.Now);
        Assert.Equal(before, client.Connection.PathCount);
    }

    [Fact]
    public void Client_that_does_not_want_to_stays()
    {
        using World world = Create(1, 0);
        SimConnection client = world.Client.Connect(settings => settings with { UsesPreferredAddress = false });
        world.Run(TimeSpan.FromSeconds(2));
        Assert.NotNull(client.Connection.PeerParameters!.PreferredAddress);
        Assert.Null(client.Preferred);
        Assert.Equal(s_first, client.Connection.RemoteAddress);
    }

    [Fact]
    [Rfc(9000, "21.5.3")]
    public void Client_is_not_sent_into_its_own_host()
    {
        using World world = Create(1, 0, preferred: PathAddress.FromIPv4(0x7F000001, 25));
        SimConnection client = world.Client.Connect();
        world.Run(TimeSpan.FromSeconds(2));
        Assert.NotNull(client.Connection.PeerParameters!.PreferredAddress);
        Assert.Null(client.Preferred);
    }

    [Fact]
    [Rfc(9000, "9.6.2")]
    public void Server_stays_until_the_way_from_the_preferred_address_is_validated()
    {
        using var world = new StagedWorld(1, Stage.Established);
        SimConnection server = world.Server!;
        PacketForge forge = PacketForge.For(world, EndpointRole.Client, server.LocalIds[^1]);
        int sent = world.ToClient.Count;
        var there = new DatagramArrival(s_preferred, world.World.Client.Address, EcnCodepoint.NotEct);
        world.World.Server.Receive(new SimDatagram(forge.Make(EncryptionLevel.Application, [1, .. new byte[1100]])!, there, -1));
        world.World.Server.Flush();
        Assert.Empty(server.Moves);
        SimDatagram probe = Assert.Single(world.ToClient.Skip(sent), datagram => datagram.Arrival.Remote == s_preferred);
        Assert.Equal(1200, probe.Bytes.Length);

        // The challenge is not answered: whatever else comes there, the server stays.
        world.World.Server.Receive(new SimDatagram(forge.Make(EncryptionLevel.Application, [1, .. new byte[1100]])!, there, -1));
        world.World.Server.Flush();
        Assert.Empty(server.Moves);
        Assert.Equal(s_first, server.Connection.LocalAddress);
        Assert.Single(world.ToClient.Skip(sent), datagram => datagram.Arrival.Remote == s_preferred);
    }

    [Fact]
    [Rfc(9000, "9")]
    public void Nobody_but_the_client_can_have_it_move_to_another_server_address()
    {
        using var world = new StagedWorld(1, Stage.Established);
        PacketForge forge = PacketForge.For(world, EndpointRole.Server);
        int sent = world.ToServer.Count;
        for (int i = 0; i < 20; i++)
        {
            var elsewhere = new DatagramArrival(world.World.Client.Address, s_preferred with { Port = (ushort)(1000 + i) }, EcnCodepoint.NotEct);
            world.World.Client.Receive(new SimDatagram(forge.Make(EncryptionLevel.Application, [0x1A, 1, 2, 3, 4, 5, 6, 7, 8, .. new byte[1100]])!, elsewhere, -1));
            world.World.Client.Flush();
        }

        Assert.Equal(sent, world.ToServer.Count);
        Assert.Equal(1, world.Client.Connection.PathCount);
    }

    [Fact]
    [Rfc(9000, "18.2")]
    public void Preferred_address_of_a_server_with_an_empty_id_is_an_error()
    {
        using World world = Create(1, 0);
        world.Server.Ids = new FirstIsEmpty(world.Server.Ids);
        SimConnection client = world.Client.Connect();
        Assert.True(world.RunUntil(() => client.Closed is not null, TimeSpan.FromSeconds(2)));
        Assert.Equal((ulong)TransportErrorCode.TransportParameterError, client.Closed!.Code);
        Assert.Contains("preferred_address", client.Closed.Reason, StringComparison.Ordinal);
    }

    private static World Create(
        int seed, double loss, bool disablesMigration = false, Func<SimDatagram, bool>? drops = null, PathAddress? preferred = null)
    {
        var options = new SimServerOptions
        {
            Configure = settings => settings with
            {
                PreferredAddress = (preferred ?? s_preferred, null),
                DisablesActiveMigration = disablesMigration,
            },
        };
        return new World(
            seed,
            [new Loss(loss), new Reorder(loss, s_delay), new Drop(drops ?? (_ => false)), new Delay(s_delay)],
            [new Loss(loss), new Reorder(loss, s_delay), new Delay(s_delay)],
            options);
    }

    /// <summary>A server that breaks the rule: it is reached by an empty id, and gives another with its preferred address.</summary>
    private sealed class FirstIsEmpty(IConnectionIdSource ids) : IConnectionIdSource
    {
        private bool _hasGiven;

        public int Length => ids.Length;

        public ConnectionId Create()
        {
            bool isFirst = !_hasGiven;
            _hasGiven = true;
            return isFirst ? ConnectionId.Empty : ids.Create();
        }

        public StatelessResetToken TokenFor(in ConnectionId id) => ids.TokenFor(id);
    }
}
