using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;
using Quiver.Testing;

namespace Quiver.Simulation.Tests;

/// <summary>Handshakes when single datagrams, or many, do not arrive.</summary>
public sealed class HandshakeLossTests(ITestOutputHelper output)
{
    private const int HandshakeDatagrams = 24;

    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(20);

    public enum Shape
    {
        Plain,

        /// <summary>A chain that the server cannot send before it knows the client's address.</summary>
        LongChain,

        /// <summary>The hybrid key share makes the ClientHello span two datagrams.</summary>
        LargeClientHello,

        LargeClientHelloAndLongChain,
        HelloRetryRequest,
    }

    public static TheoryData<Shape> Shapes => [.. Enum.GetValues<Shape>()];

    [Theory]
    [InlineData(Shape.Plain, false, 1)]
    [InlineData(Shape.LargeClientHello, false, 1)]
    [InlineData(Shape.LongChain, false, 2)]
    [InlineData(Shape.HelloRetryRequest, false, 2)]
    [InlineData(Shape.Plain, true, 2)]
    [InlineData(Shape.LargeClientHello, true, 2)]

    // Longer than the first congestion window.
    [InlineData(Shape.LongChain, true, 3)]
    [InlineData(Shape.HelloRetryRequest, true, 3)]
    [Rfc(9000, "7"), Rfc(9000, "8.1.2")]
    public void A_handshake_takes_as_many_round_trips_as_it_must(Shape shape, bool retry, int trips)
    {
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)], Options(shape) with { Retry = retry });
        Timestamp start = world.Now;
        SimConnection client = world.Client.Connect(groups: Groups(shape));
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(5)), $"{client.Closed}");
        Assert.Equal(2 * trips * s_delay, world.Now - start);
    }

    [Fact]
    public void When_there_is_nothing_to_offer_nothing_is_sent_and_no_id_is_kept()
    {
        using var world = new World(1, [], []);
        Assert.Throws<ArgumentException>(() => { world.Client.Connect(configureTls: x => x with { Suites = [] }); });
        world.Run(TimeSpan.FromSeconds(10));
        Assert.Equal(0, world.SentBy(world.Client));
        Assert.Equal(0, world.Client.Routing.Count);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    [Rfc(9002, "6.2.2.1")]
    [Rfc(9000, "8.1")]
    public void Any_single_datagram_may_be_lost(Shape shape)
    {
        for (int direction = 0; direction < 2; direction++)
        {
            for (int number = 0; number < HandshakeDatagrams; number++)
            {
                Check(shape, direction, [number]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Any_two_datagrams_in_a_row_may_be_lost(Shape shape)
    {
        for (int direction = 0; direction < 2; direction++)
        {
            for (int number = 0; number < HandshakeDatagrams; number++)
            {
                Check(shape, direction, [number, number + 1]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Handshake_completes_with_30_percent_loss(Shape shape)
    {
        for (int seed = 1; seed <= 100; seed++)
        {
            using var world = new World(seed, [new Loss(0.3), new Delay(s_delay)], [new Loss(0.3), new Delay(s_delay)], Options(shape));
            Transfer.Run(world, 5_000, TimeSpan.FromMinutes(5), Groups(shape));
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Handshake_survives_reordering_duplication_and_corruption(Shape shape)
    {
        for (int seed = 1; seed <= 100; seed++)
        {
            INetworkNode[] Nodes() => [new Reorder(0.3, 3 * s_delay), new Duplicate(0.2), new Corrupt(0.1), new Delay(s_delay)];
            using var world = new World(seed, Nodes(), Nodes(), Options(shape));
            Transfer.Run(world, 5_000, TimeSpan.FromMinutes(5), Groups(shape));
        }
    }

    // The whole flight is one datagram: both probes repeat it, and either is enough.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [Rfc(9002, "6.2.4")]
    public void The_second_probe_repeats_what_the_first_one_did(int direction)
    {
        var drop = new Drop(datagram => datagram.Number < 2);
        INetworkNode[] with = [drop, new Delay(s_delay)];
        INetworkNode[] without = [new Delay(s_delay)];
        using var world = new World(1, direction == 0 ? with : without, direction == 0 ? without : with, Options(Shape.Plain));

        // One probe time-out of about a second, and no second one of two.
        TimeSpan time = Transfer.Run(world, 1000, TimeSpan.FromSeconds(1.5), Groups(Shape.Plain));
        output.WriteLine($"{time.TotalMilliseconds:f0} ms");
        Assert.Equal(2, drop.Dropped);
    }

    // The ClientHello is two datagrams, which arrive together. What the server makes of the first must not swallow the second.
    [Fact]
    [Rfc(9000, "5.2.2")]
    public void A_damaged_first_datagram_takes_no_other_with_it()
    {
        var damage = new Damage(datagram => datagram.Number == 0);
        using var world = new World(1, [damage, new Delay(s_delay)], [new Delay(s_delay)], Options(Shape.LargeClientHello));

        // The second is acknowledged, so that the client knows the round trip, and does not wait for its first probe of a second.
        TimeSpan time = Transfer.Run(world, 1000, TimeSpan.FromSeconds(0.9), Groups(Shape.LargeClientHello));
        output.WriteLine($"{time.TotalMilliseconds:f0} ms");
    }

    private static IReadOnlyList<NamedGroup> Groups(Shape shape) => shape switch
    {
        Shape.LargeClientHello or Shape.LargeClientHelloAndLongChain => [NamedGroup.X25519MLKem768, NamedGroup.X25519],
        _ => [NamedGroup.X25519, NamedGroup.Secp384r1],
    };

    private static SimServerOptions Options(Shape shape) => new()
    {
        Certificate = shape is Shape.LongChain or Shape.LargeClientHelloAndLongChain ? TestIdentity.Long : TestIdentity.Short,
        Groups = shape switch
        {
            Shape.HelloRetryRequest => [NamedGroup.Secp384r1],
            Shape.LargeClientHello or Shape.LargeClientHelloAndLongChain => [NamedGroup.X25519MLKem768],
            _ => [NamedGroup.X25519],
        },
    };

    private void Check(Shape shape, int direction, int[] lost)
    {
        var drop = new Drop(datagram => lost.Contains(datagram.Number));
        INetworkNode[] with = [drop, new Delay(s_delay)];
        INetworkNode[] without = [new Delay(s_delay)];
        using var world = new World(1, direction == 0 ? with : without, direction == 0 ? without : with, Options(shape));

        // Before there is an RTT sample each probe waits about a second, and doubles.
        TimeSpan time = Transfer.Run(world, 20_000, TimeSpan.FromSeconds(1 + (4 * lost.Length)), Groups(shape));
        output.WriteLine($"{shape}, {(direction == 0 ? "to server" : "to client")} without {string.Join(", ", lost)} ({drop.Dropped} dropped): {time.TotalMilliseconds:f0} ms");
    }
}
