using Quiver.Protocol.ConnectionIds;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Paths;
using Quiver.Protocol.Primitives;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;
using Quiver.Testing;

namespace Quiver.Simulation.Tests;

/// <summary>Everything that can happen to addresses, at random and at once: nothing of it may end the connection or leave anything behind.</summary>
public sealed class PathChaosTests(ITestOutputHelper output)
{
    private const ulong Bytes = 3_000_000;

    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(20);
    private static readonly PathAddress s_preferred = PathAddress.FromIPv4(0x0A000003, 4433);
    private static readonly PathAddress s_attacker = PathAddress.FromIPv4(0x0C0C0C0C, 666);

    private int _rebindings;
    private int _migrations;
    private int _copies;

    [Theory]
    [InlineData(1, 20)]
    [InlineData(61, 60)]
    [Rfc(9000, "9")]
    public void Transfer_survives_rebindings_migrations_copies_and_changing_ids_together(int first, int count)
    {
        for (int seed = first; seed < first + count; seed++)
        {
            Run(seed);
        }

        output.WriteLine($"{_rebindings} rebindings, {_migrations} migrations, {_copies} copies");
        Assert.True(_rebindings > 5 * count && _migrations > 1.5 * count && _copies > 15 * count, "too quiet");
    }

    private void Run(int seed)
    {
        var nat = new ChaoticNat(seed);
        var dice = new Random(seed);
        static ConnectionSettings Rotating(ConnectionSettings settings) =>
            settings with { ConnectionIdLifetime = TimeSpan.FromMilliseconds(300) };
        bool prefers = seed % 3 == 0;
        var options = new SimServerOptions
        {
            SendsTokens = true,
            Configure = settings => Rotating(settings) with { PreferredAddress = prefers ? (s_preferred, null) : default },
        };
        using var world = new World(
            seed,
            [new Loss(0.01), new NatOut(nat), new Reorder(0.03, s_delay), new Duplicate(0.01), new RateLimit(4_000_000, 40_000), new Delay(s_delay)],
            [new Loss(0.01), new RateLimit(4_000_000, 40_000), new Delay(s_delay), new NatIn(nat)],
            options);
        // A client that has nothing to say after a rebinding is not found again: it says something.
        SimConnection client = world.Client.Connect(settings => Rotating(settings) with { KeepAliveInterval = TimeSpan.FromMilliseconds(200) });
        Assert.True(world.RunUntil(() => client.IsConnected && world.Server.Connections is [{ IsConnected: true }], TimeSpan.FromMinutes(1)), $"seed {seed}");
        SimConnection server = world.Server.Connections[0];
        SimStream up = client.Open();
        up.Send(Bytes);
        SimStream? down = null;
        List<NetworkPath> paths = [];
        nat.IsOn = true;
        while (!up.IsSendFinished || down is not { IsEnded: true })
        {
            Assert.True(client.Closed is null && server.Closed is null, $"seed {seed}: {client.Closed} {server.Closed}");
            Assert.True(world.Now < new Timestamp(TimeSpan.FromHours(1.2).Ticks), $"seed {seed}: {server.Streams.FirstOrDefault()?.Received} {down?.Received}");
            world.Run(TimeSpan.FromMilliseconds(dice.Next(5, 120)));
            if (down is null && server.Streams.Count > 0)
            {
                server.Streams[0].Send(Bytes);
                down = up;
            }

            switch (dice.Next(6))
            {
                case 0:
                    nat.Rebind(client.Connection.LocalAddress, world.Random);
                    _rebindings++;
                    break;
                case 1 when client.Connection.Migrator!.TryAdd(
                    PathAddress.FromIPv4(0x0A000100 + (uint)dice.Next(4), (ushort)dice.Next(1000, 1004)), world.Now, out NetworkPath? added) == PathAdmission.Tried:
                    paths.Add(added!);
                    break;
                case 2 when paths.Count > 0 && client.Connection.Migrator!.TryMigrate(paths[dice.Next(paths.Count)], world.Now):
                    _migrations++;
                    break;
                case 3 when paths.Count > 0:
                    client.Connection.Migrator!.Remove(paths[dice.Next(paths.Count)], world.Now);
                    break;
                default:
                    break;
            }

            Assert.InRange(client.Connection.PathCount, 1, PathTable.MaxPaths);
            Assert.InRange(server.Connection.PathCount, 1, PathTable.MaxPaths);
        }

        // When all is quiet only what is in use is left.
        nat.IsOn = false;
        _copies += nat.Copies;
        client.Open().Send(100);
        world.Run(TimeSpan.FromSeconds(15));
        paths.ForEach(path => client.Connection.Migrator!.Remove(path, world.Now));
        world.Run(TimeSpan.FromSeconds(15));
        Assert.Null(client.Closed);
        Assert.Null(server.Closed);
        Assert.Equal(nat.Translate(client.Connection.LocalAddress), server.Connection.RemoteAddress);
        Assert.InRange(client.Connection.PathCount, 1, 2); // the first stays, for the application to go back to
        Assert.InRange(server.Connection.PathCount, 1, 2);

        // Four in use; keep-alives go on, and so do changes: those before are listened to a while.
        Assert.InRange(world.Client.Routing.Count, LocalConnectionIds.MaxActive, 4 * LocalConnectionIds.MaxActive);
        Assert.InRange(world.Server.Routing.Count, LocalConnectionIds.MaxActive, 4 * LocalConnectionIds.MaxActive);
        Assert.True(nat.BytesToAttacker <= 3 * nat.BytesCopied, $"seed {seed}: {nat.BytesToAttacker} to the attacker for {nat.BytesCopied}");
        Assert.Equal(Bytes, server.Streams[0].Received);
        Assert.Equal(Bytes, up.Received);
    }

    /// <summary>Gives each address of the client's another outside, and now and then somebody sends a copy from elsewhere that comes first.</summary>
    private sealed class ChaoticNat(int seed)
    {
        private readonly Dictionary<PathAddress, PathAddress> _outside = [];
        private readonly Random _dice = new(seed + 1);
        private uint _next = 0x0B000000;

        public bool IsOn { get; set; }

        public int Copies { get; private set; }

        public long BytesCopied { get; private set; }

        public long BytesToAttacker { get; set; }

        public PathAddress Translate(PathAddress inside) => _outside.GetValueOrDefault(inside, inside);

        public PathAddress? Inside(PathAddress outside)
        {
            foreach ((PathAddress inside, PathAddress known) in _outside)
            {
                if (known == outside)
                {
                    return inside;
                }
            }

            return _outside.ContainsKey(outside) ? null : outside;
        }

        public void Rebind(PathAddress inside, SeededRandom random) =>
            _outside[inside] = random.Chance(0.5) ? PathAddress.FromIPv4(++_next, 7) : Translate(inside) with { Port = (ushort)random.Next(60_000) };

        public bool Copy(int length)
        {
            if (!IsOn || _dice.Next(30) != 0)
            {
                return false;
            }

            Copies++;
            BytesCopied += length;
            return true;
        }
    }

    private sealed class NatOut(ChaoticNat nat) : INetworkNode
    {
        public void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward)
        {
            SimDatagram translated = datagram with { Arrival = datagram.Arrival with { Remote = nat.Translate(datagram.Arrival.Remote) } };
            if (nat.Copy(datagram.Bytes.Length))
            {
                forward(datagram with { Bytes = [.. datagram.Bytes], Arrival = datagram.Arrival with { Remote = s_attacker } }, TimeSpan.Zero);
                forward(translated, TimeSpan.FromMilliseconds(2));
                return;
            }

            forward(translated, TimeSpan.Zero);
        }
    }

    private sealed class NatIn(ChaoticNat nat) : INetworkNode
    {
        public void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward)
        {
            if (datagram.Arrival.Local == s_attacker)
            {
                nat.BytesToAttacker += datagram.Bytes.Length;
            }
            else if (nat.Inside(datagram.Arrival.Local) is PathAddress inside)
            {
                forward(datagram with { Arrival = datagram.Arrival with { Local = inside } }, TimeSpan.Zero);
            }
        }
    }
}
