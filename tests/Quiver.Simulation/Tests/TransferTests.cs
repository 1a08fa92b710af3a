using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;
using Quiver.Testing;

namespace Quiver.Simulation.Tests;

/// <summary>Ten megabytes each way through bad networks: whole, and within a bound that follows from the round trip and the fault.</summary>
public sealed class TransferTests(ITestOutputHelper output)
{
    private const ulong Bytes = 10_000_000;
    private const int Packets = (int)(Bytes / 1150);

    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_rtt = 2 * s_delay;

    [Fact]
    [Rfc(9000, "7")]
    public void Handshake_takes_one_round_trip_and_both_ends_agree()
    {
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)]);
        SimConnection client = world.Client.Connect();
        Assert.True(world.RunUntil(() => client.IsConnected, 1.1 * s_rtt));
        Assert.True(world.RunUntil(() => world.Server.Connections[0].IsConnected, s_rtt));
        Assert.Equal("sim"u8.ToArray(), client.Connection.Tls.NegotiatedProtocol.ToArray());
        Assert.Equal("localhost", world.Server.Connections[0].Connection.Tls.ServerName);
    }

    [Fact]
    public void A_run_repeats_exactly_from_its_seed()
    {
        (TimeSpan First, int Sent) a = RunOnce(42);
        (TimeSpan Second, int Sent) b = RunOnce(42);
        Assert.Equal(a, b);
        Assert.NotEqual(a, RunOnce(43));

        static (TimeSpan Time, int Sent) RunOnce(int seed)
        {
            using var world = new World(seed, [new Loss(0.1), new Delay(s_delay)], [new Reorder(0.2, s_delay), new Delay(s_delay)]);
            TimeSpan time = Transfer.Run(world, 300_000, TimeSpan.FromMinutes(10));
            return (time, world.SentBy(world.Client) + world.SentBy(world.Server));
        }
    }

    [Fact]
    public void Clean() => Run(3, s_rtt * 60, world => new([], []));

    // A window halves at each loss, so that at loss p it holds some sqrt(3/2p) datagrams (RFC 9002 is Reno's arithmetic);
    // at 30 % it is at its minimum and many probes are lost as well.
    [Theory]
    [InlineData(0.01, 9)]
    [InlineData(0.1, 2)]
    [InlineData(0.3, 0.25)]
    public void Loss(double probability, double datagramsPerRoundTrip) =>
        Run(10, Packets / datagramsPerRoundTrip * s_rtt, _ => new([new Loss(probability)], [new Loss(probability)]));

    // RFC 9002 takes what three later packets overtake for lost: one in ten held back costs what one in ten lost does.
    [Fact]
    public void Reordering() =>
        Run(10, Packets * s_rtt / 2, _ => new([new Reorder(0.1, s_delay)], [new Reorder(0.1, s_delay)]));

    [Fact]
    public void Duplication() => Run(10, s_rtt * 200, _ => new([new Duplicate(0.3)], [new Duplicate(0.3)]));

    [Fact]
    public void Corruption() => Run(10, Packets * s_rtt / 4, _ => new([new Corrupt(0.02)], [new Corrupt(0.02)]));

    [Fact]
    public void Long_delay()
    {
        TimeSpan delay = TimeSpan.FromMilliseconds(300);
        Run(5, 2 * delay * 60, _ => new([new Delay(delay)], [new Delay(delay)]));
    }

    [Fact]
    public void Lossy_bottleneck_with_a_short_queue() =>

        // 10 Mbit/s carry ten megabytes in 8.5 s; Reno with losses and a queue of 20 datagrams fills a good part of it.
        Run(5, TimeSpan.FromSeconds(8.5 * 5), _ => new([new Loss(0.01), new RateLimit(10e6, 24_000)], [new Loss(0.01), new RateLimit(10e6, 24_000)]));

    [Fact]
    public void Everything_at_once() =>
        Run(10, Packets * s_rtt, _ => new(
            [new Loss(0.02), new Reorder(0.05, s_delay), new Duplicate(0.05), new Corrupt(0.01), new EcnMark(0.01)],
            [new Loss(0.02), new Reorder(0.05, s_delay), new Duplicate(0.05), new Corrupt(0.01), new EcnMark(0.01)]));

    private void Run(int seeds, TimeSpan limit, Func<int, Nodes> nodes)
    {
        for (int seed = 1; seed <= seeds; seed++)
        {
            Nodes path = nodes(seed);
            using var world = new World(seed, [.. path.ToServer, new Delay(s_delay)], [.. path.ToClient, new Delay(s_delay)]);
            TimeSpan time = Transfer.Run(world, Bytes, limit);
            output.WriteLine($"seed {seed}: {time.TotalSeconds:f1} s of {limit.TotalSeconds:f0}, {world.SentBy(world.Client)} + {world.SentBy(world.Server)} datagrams");
        }
    }

    private sealed record Nodes(INetworkNode[] ToServer, INetworkNode[] ToClient);
}
