using Quiver.Protocol.ConnectionIds;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Paths;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;
using Quiver.Testing;

namespace Quiver.Simulation.Tests;

/// <summary>A client tries other paths, moves to them and back, and takes the connection with it.</summary>
public sealed class MigrationTests(ITestOutputHelper output)
{
    private const ulong Bytes = 2_000_000;

    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(20);
    private static readonly PathAddress s_home = PathAddress.FromIPv4(0x0A000001, 50000);
    private static readonly PathAddress s_otherPort = PathAddress.FromIPv4(0x0A000001, 50001);
    private static readonly PathAddress s_other = PathAddress.FromIPv4(0x0B000001, 60000);
    private static readonly PathAddress s_third = PathAddress.FromIPv4(0x0B000002, 60000);
    private static readonly PathAddress s_attacker = PathAddress.FromIPv4(0x0C0C0C0C, 666);

    [Theory]
    [InlineData(true, 0.0)]
    [InlineData(false, 0.0)]
    [InlineData(true, 0.03)]
    [InlineData(false, 0.03)]
    [Rfc(9000, "9.1"), Rfc(9000, "9.2"), Rfc(9000, "9.5")]
    public void Transfer_moves_to_another_address_and_back(bool upload, double loss)
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            using var world = new World(seed, Nodes(loss), Nodes(loss));
            var ids = new IdsByPath(world);
            SimConnection client = Connect(world);
            SimConnection server = world.Server.Connections[0];
            NetworkPath home = client.Connection.ActivePath;
            Func<ulong> received = Start(client, server, upload);
            Assert.True(world.RunUntil(() => received() > Bytes / 4, TimeSpan.FromMinutes(2)), $"seed {seed}");
            NetworkPath other = Add(world, client, s_other);
            Assert.True(world.RunUntil(() => client.ValidatedPaths.Contains(other), TimeSpan.FromSeconds(3)), $"seed {seed}");
            Assert.Equal(s_home, server.Connection.RemoteAddress);
            Assert.True(client.Connection.Migrator!.TryMigrate(other, world.Now));
            Assert.True(
                world.RunUntil(() => received() > Bytes / 2 && server.Connection.RemoteAddress == s_other, TimeSpan.FromMinutes(2)), $"seed {seed}");
            Assert.Equal(s_other, client.Connection.LocalAddress);
            Assert.True(client.Connection.Migrator.TryMigrate(home, world.Now));
            Assert.True(world.RunUntil(() => received() == Bytes, TimeSpan.FromMinutes(2)), $"seed {seed}");
            Assert.Equal(s_home, server.Connection.RemoteAddress);
            Assert.Equal([s_other, s_home], server.Moves);
            Assert.Null(client.Closed);
            Assert.Null(server.Closed);
            ids.AssertUnlinkable();
            world.Run(TimeSpan.FromSeconds(5));
            Assert.Equal(1, server.Connection.PathCount);
            Assert.Equal(2, client.Connection.PathCount);
        }
    }

    [Fact]
    [Rfc(9000, "9.1")]
    public void Probe_takes_few_packets_and_an_unused_path_none()
    {
        using var world = new World(1, Nodes(0), Nodes(0));
        var ids = new IdsByPath(world);
        SimConnection client = Connect(world);
        SimConnection server = world.Server.Connections[0];
        NetworkPath other = Add(world, client, s_other);
        Timestamp start = world.Now;
        Assert.True(world.RunUntil(() => client.ValidatedPaths.Contains(other), TimeSpan.FromSeconds(1)));
        Assert.Equal(2 * s_delay, world.Now - start);
        Func<ulong> received = Start(client, server, upload: true);
        Assert.True(world.RunUntil(() => received() == Bytes, TimeSpan.FromMinutes(1)));
        world.Run(TimeSpan.FromSeconds(10));
        Assert.Equal(2, ids.Datagrams[s_other]); // a challenge, and the answer to the server's
        Assert.Empty(server.Moves);
        ids.AssertUnlinkable();
    }

    [Fact]
    [Rfc(9000, "9.5")]
    public void Client_that_hears_nothing_gives_out_an_id_for_each_probe_time_out_and_not_for_each_timer()
    {
        bool isCut = false;
        using var world = new World(1, Nodes(0), [new Drop(_ => isCut), .. Nodes(0)]);
        SimConnection client = world.Client.Connect(settings => settings with { KeepAliveInterval = TimeSpan.FromMilliseconds(50) });
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(1)));
        world.Run(10 * s_delay);
        int before = client.LocalIds.Count;
        isCut = true;
        world.Run(TimeSpan.FromSeconds(3));

        // The first may be by chance.
        int timeouts = client.Connection.Recovery.ProbeTimeouts;
        Assert.InRange(timeouts, 3, LocalConnectionIds.MaxUnanswered);
        Assert.Equal(before + timeouts - 1, client.LocalIds.Count);
    }

    [Fact]
    [Rfc(9000, "8.2.1"), Rfc(9000, "8.2.2")]
    public void Challenge_and_answer_fill_1200_bytes()
    {
        using var world = new World(1, Nodes(0), Nodes(0));
        SimConnection client = Connect(world);
        List<int> lengths = [];
        world.OnSent = (_, datagram) =>
        {
            if (datagram.Arrival.Local == s_other || datagram.Arrival.Remote == s_other)
            {
                lengths.Add(datagram.Bytes.Length);
            }
        };
        NetworkPath other = Add(world, client, s_other);
        Assert.True(world.RunUntil(() => client.ValidatedPaths.Contains(other), TimeSpan.FromSeconds(1)));
        Assert.NotEmpty(lengths);
        Assert.All(lengths, length => Assert.Equal(1200, length));
    }

    [Fact]
    [Rfc(9000, "8.2.4")]
    public void Path_that_leads_nowhere_fails_and_the_connection_goes_on()
    {
        int probes = 0;
        using var world = new World(
            1, [new Drop(datagram => datagram.Arrival.Remote == s_other && ++probes > 0), new Delay(s_delay)], [new Delay(s_delay)]);
        SimConnection client = Connect(world);
        SimConnection server = world.Server.Connections[0];
        Func<ulong> received = Start(client, server, upload: false);
        NetworkPath other = Add(world, client, s_other);
        Timestamp start = world.Now;
        Assert.False(client.Connection.Migrator!.TryMigrate(other, world.Now), "not validated");
        Assert.True(world.RunUntil(() => client.GonePaths.Contains(other), TimeSpan.FromSeconds(10)));

        // Three probe time-outs of a path without a sample, and a challenge in each.
        Assert.InRange(world.Now - start, TimeSpan.FromSeconds(2.9), TimeSpan.FromSeconds(3.1));
        Assert.Equal(3, probes);
        Assert.False(client.Connection.Migrator.TryMigrate(other, world.Now), "gone");
        Assert.True(world.RunUntil(() => received() == Bytes, TimeSpan.FromMinutes(1)));
        Assert.Equal(1, client.Connection.PathCount);
        Assert.Equal([other], client.GonePaths);
        Assert.Equal(s_home, server.Connection.RemoteAddress);
    }

    [Fact]
    [Rfc(9000, "9")]
    public void Path_that_is_added_early_waits_until_the_handshake_is_confirmed()
    {
        bool isConfirmed = false;
        using var world = new World(1, Nodes(0), Nodes(0));
        SimConnection client = world.Client.Connect();
        NetworkPath other = Add(world, client, s_other);
        world.OnSent = (from, datagram) =>
        {
            isConfirmed |= from == world.Server && world.Server.Connections[0].IsConnected;
            Assert.True(isConfirmed || datagram.Arrival.Remote != s_other, "probed too early");
        };
        Assert.True(world.RunUntil(() => client.ValidatedPaths.Contains(other), TimeSpan.FromSeconds(5)));
        Assert.True(client.Connection.Migrator!.TryMigrate(other, world.Now));
        Assert.True(world.RunUntil(() => world.Server.Connections[0].Connection.RemoteAddress == s_other, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    [Rfc(9000, "9"), Rfc(9000, "18.2")]
    public void Server_that_asks_for_no_migration_is_not_probed()
    {
        var options = new SimServerOptions { Configure = settings => settings with { DisablesActiveMigration = true } };
        using var world = new World(1, Nodes(0), Nodes(0), options);
        SimConnection client = world.Client.Connect();
        NetworkPath early = Add(world, client, s_third);
        world.OnSent = (_, datagram) => Assert.NotEqual(s_third, datagram.Arrival.Remote);
        Assert.True(world.RunUntil(() => client.GonePaths.Contains(early), TimeSpan.FromSeconds(5)));
        Assert.Equal(PathAdmission.Disabled, client.Connection.Migrator!.TryAdd(s_other, world.Now, out _));
        Assert.Null(client.Closed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Rfc(9000, "9")]
    public void Server_that_asks_for_no_migration_follows_another_port_and_drops_another_address(bool otherAddress)
    {
        var options = new SimServerOptions { Configure = settings => settings with { DisablesActiveMigration = true } };
        var nat = new NatBox();
        using var world = new World(1, [nat.Outward, new Delay(s_delay)], [new Delay(s_delay), nat.Inward], options);
        SimConnection client = Connect(world);
        SimConnection server = world.Server.Connections[0];
        nat.External = otherAddress ? s_other : s_otherPort;
        SimStream stream = client.Open();
        stream.Send(1000);
        world.Run(TimeSpan.FromSeconds(3));
        Assert.Equal(otherAddress ? [] : [s_otherPort], server.Moves);
        Assert.Null(server.Closed);
        Assert.Equal(!otherAddress, stream.IsSendFinished);

        // No reset, no word: somebody could have it sent to end the connection.
        Assert.False(nat.SentTo.ContainsKey(s_other));
    }

    [Fact]
    [Rfc(9000, "9.5")]
    public void Server_with_empty_ids_is_not_left()
    {
        using var world = new World(1, Nodes(0), Nodes(0), serverIds: 0);
        SimConnection client = Connect(world);
        Assert.Equal(PathAdmission.NoConnectionIds, client.Connection.Migrator!.TryAdd(s_other, world.Now, out _));
    }

    [Fact]
    [Rfc(9000, "9.1")]
    public void Paths_are_few_and_one_that_goes_makes_room()
    {
        using var world = new World(1, Nodes(0), Nodes(0));
        SimConnection client = Connect(world);
        List<NetworkPath> paths = [];
        for (ushort i = 1; i < PathTable.MaxPaths; i++)
        {
            paths.Add(Add(world, client, s_other with { Port = i }));
        }

        Assert.True(world.RunUntil(() => client.ValidatedPaths.Count == paths.Count, TimeSpan.FromSeconds(1)));
        Assert.Equal(PathAdmission.TooMany, client.Connection.Migrator!.TryAdd(s_third, world.Now, out _));
        Assert.Equal(PathAdmission.Known, client.Connection.Migrator.TryAdd(s_other with { Port = 1 }, world.Now, out _));
        client.Connection.Migrator.Remove(paths[0], world.Now);
        Assert.False(client.Connection.Migrator.TryMigrate(paths[0], world.Now), "removed");
        NetworkPath next = Add(world, client, s_third);
        Assert.Equal([paths[0]], client.GonePaths);

        // The id of the one that went comes back as another, with which the next is tried.
        Assert.True(world.RunUntil(() => client.ValidatedPaths.Contains(next), TimeSpan.FromSeconds(3)));
        client.Connection.Migrator.Remove(client.Connection.ActivePath, world.Now);
        Assert.Equal(s_home, client.Connection.LocalAddress);
        Assert.True(client.Connection.Migrator.TryMigrate(next, world.Now));
        world.Run(TimeSpan.FromSeconds(5));
        Assert.Equal(s_third, world.Server.Connections[0].Connection.RemoteAddress);
        Assert.Equal(2, client.GonePaths.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rfc(9000, "9.4")]
    public void Congestion_state_begins_anew_between_ip_addresses_only(bool otherAddress)
    {
        using var world = new World(1, Nodes(0), Nodes(0));
        SimConnection client = Connect(world);
        SimConnection server = world.Server.Connections[0];
        Func<ulong> received = Start(client, server, upload: true);
        Assert.True(world.RunUntil(() => received() > Bytes / 2, TimeSpan.FromMinutes(1)));
        NetworkPath other = Add(world, client, otherAddress ? s_other : s_otherPort);
        Assert.True(world.RunUntil(() => client.ValidatedPaths.Contains(other), TimeSpan.FromSeconds(1)));
        LossDetector recovery = client.Connection.Recovery;
        ulong window = recovery.Congestion.CongestionWindow;
        Assert.True(client.Connection.Migrator!.TryMigrate(other, world.Now));
        if (otherAddress)
        {
            Assert.Equal(12_000UL, recovery.Congestion.CongestionWindow);
            Assert.False(recovery.Rtt.HasSample);
            Assert.Equal(0UL, recovery.BytesInFlight);
        }
        else
        {
            Assert.Equal(window, recovery.Congestion.CongestionWindow);
            Assert.True(recovery.Rtt.HasSample);
        }

        Assert.True(world.RunUntil(() => received() == Bytes, TimeSpan.FromMinutes(1)));
    }

    [Fact]
    [Rfc(9000, "9.3.2"), Rfc(9000, "9.3.3")]
    public void Copies_of_a_migrating_client_s_packets_lead_nobody_away()
    {
        for (int seed = 1; seed <= 10; seed++)
        {
            long copied = 0;
            var copier = new Copies(s_attacker, bytes => copied += bytes);
            long toAttacker = 0;
            using var world = new World(
                seed,
                [new Loss(0.02), copier, new Reorder(0.05, s_delay), new Duplicate(0.02), new Delay(s_delay)],
                [new Loss(0.02), new Drop(datagram => datagram.Arrival.Local == s_attacker && (toAttacker += datagram.Bytes.Length) > 0), new Delay(s_delay)]);
            SimConnection client = Connect(world);
            SimConnection server = world.Server.Connections[0];
            copier.IsOn = true;
            Func<ulong> received = Start(client, server, upload: true);
            PathAddress[] stops = [s_other, s_otherPort, s_third];
            for (int i = 0; i < stops.Length; i++)
            {
                ulong wanted = (ulong)(i + 1) * Bytes / 5;
                Assert.True(world.RunUntil(() => received() > wanted, TimeSpan.FromMinutes(5)), $"seed {seed}: {received()}");
                NetworkPath left = client.Connection.ActivePath;
                NetworkPath next = Add(world, client, stops[i]);
                for (int attempt = 0; attempt < 3 && !client.ValidatedPaths.Contains(next); attempt++)
                {
                    // Copies that come first, of all three challenges, can keep a path from being validated.
                    next = client.GonePaths.Contains(next) ? Add(world, client, stops[i]) : next;
                    world.RunUntil(() => client.ValidatedPaths.Contains(next) || client.GonePaths.Contains(next), TimeSpan.FromSeconds(10));
                }

                Assert.True(client.ValidatedPaths.Contains(next), $"seed {seed}: stop {i}");
                Assert.True(client.Connection.Migrator!.TryMigrate(next, world.Now));
                client.Connection.Migrator.Remove(left, world.Now);
            }

            Assert.True(world.RunUntil(() => received() == Bytes, TimeSpan.FromMinutes(5)), $"seed {seed}: {received()} {client.Closed} {server.Closed}");
            copier.IsOn = false;
            client.Open().Send(10);
            world.Run(TimeSpan.FromSeconds(5));
            Assert.Equal(s_third, server.Connection.RemoteAddress);
            Assert.True(toAttacker <= 3 * copied, $"seed {seed}: {toAttacker} bytes for {copied}");
            output.WriteLine($"seed {seed}: {server.Moves.Count} moves, {copied} bytes copied, {toAttacker} to the attacker");
        }
    }

    [Fact]
    [Rfc(9000, "10.3.1")]
    public void Reset_is_recognised_on_the_path_that_the_client_went_to()
    {
        using var world = new World(1, Nodes(0), Nodes(0));
        SimConnection client = Connect(world);
        NetworkPath other = Add(world, client, s_other);
        Assert.True(world.RunUntil(() => client.ValidatedPaths.Contains(other), TimeSpan.FromSeconds(1)));
        Assert.True(client.Connection.Migrator!.TryMigrate(other, world.Now));
        world.Run(TimeSpan.FromSeconds(1));
        world.Server.Forget();
        client.Open().Send(1000);
        Assert.True(world.RunUntil(() => client.Closed is not null, TimeSpan.FromSeconds(3)));
        Assert.Equal(CloseKind.StatelessReset, client.Closed!.Kind);
    }

    [Fact]
    [Rfc(9000, "5.1.2"), Rfc(9000, "9.5")]
    public void Ids_change_from_time_to_time_in_the_middle_of_a_transfer_and_through_loss()
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            static ConnectionSettings Rotating(ConnectionSettings settings) => settings with { ConnectionIdLifetime = TimeSpan.FromMilliseconds(500) };
            INetworkNode[] Slow() => [new Loss(0.02), new Reorder(0.05, s_delay), new RateLimit(2_000_000, 30_000), new Delay(s_delay)];
            using var world = new World(seed, Slow(), Slow(), new SimServerOptions { Configure = Rotating });
            var ids = new IdsByPath(world);
            SimConnection client = world.Client.Connect(Rotating);
            Assert.True(world.RunUntil(() => client.IsConnected && world.Server.Connections[0].IsConnected, TimeSpan.FromMinutes(1)));
            SimConnection server = world.Server.Connections[0];
            Func<ulong> received = Start(client, server, upload: true);
            Assert.True(world.RunUntil(() => received() == Bytes, TimeSpan.FromMinutes(5)), $"seed {seed}: {received()} {client.Closed} {server.Closed}");

            // Eight seconds and more.
            Assert.InRange(ids.Count(fromClient: true), 10, 100);
            Assert.InRange(ids.Count(fromClient: false), 10, 100);
            Assert.Empty(server.Moves);
            world.Run(TimeSpan.FromSeconds(10));
            Assert.InRange(world.Client.Routing.Count, 1, 6);
            Assert.InRange(world.Server.Routing.Count, 1, 6);
        }
    }

    private static INetworkNode[] Nodes(double loss) => loss > 0
        ? [new Loss(loss), new Reorder(loss, s_delay), new Duplicate(loss), new Delay(s_delay)]
        : [new Delay(s_delay)];

    private static SimConnection Connect(World world)
    {
        SimConnection client = world.Client.Connect();
        Assert.True(world.RunUntil(() => client.IsConnected && world.Server.Connections[0].IsConnected, TimeSpan.FromMinutes(1)));
        world.Run(TimeSpan.FromSeconds(1));
        return client;
    }

    private static NetworkPath Add(World world, SimConnection client, PathAddress local)
    {
        Assert.Equal(PathAdmission.Tried, client.Connection.Migrator!.TryAdd(local, world.Now, out NetworkPath? path));
        return path!;
    }

    private static Func<ulong> Start(SimConnection client, SimConnection server, bool upload)
    {
        SimConnection from = upload ? client : server;
        SimConnection to = upload ? server : client;
        SimStream sender = from.Open();
        sender.Send(Bytes);
        return () => to.Streams.FirstOrDefault(stream => stream.State.Id == sender.State.Id)?.Received ?? 0;
    }

    /// <summary>Now and then a copy from another address comes before the original.</summary>
    private sealed class Copies(PathAddress from, Action<int> onCopied) : INetworkNode
    {
        public bool IsOn { get; set; }

        public void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward)
        {
            if (IsOn && world.Random.Chance(0.2))
            {
                onCopied(datagram.Bytes.Length);
                forward(datagram with { Bytes = [.. datagram.Bytes], Arrival = datagram.Arrival with { Remote = from } }, TimeSpan.Zero);
                forward(datagram, TimeSpan.FromMilliseconds(1));
                return;
            }

            forward(datagram, TimeSpan.Zero);
        }
    }
}
