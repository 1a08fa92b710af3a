using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;
using Quiver.Testing;

namespace Quiver.Simulation.Tests;

/// <summary>The networks of the QUIC interop runner's harder cases, under a virtual clock: a link of 10 Mbit/s, 15 ms and 25 packets with something wrong.</summary>
public sealed class RunnerScenarioTests(ITestOutputHelper output)
{
    private const double Rate = 10e6;
    private const int Queue = 25 * 1500;

    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(15);

    // The client's second to seventh datagram are lost: three probe time-outs, of which the eighth is the second probe of the last.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rfc(9000, "8.1")]
    [Rfc(9002, "6.2.4")]
    public void Amplification_limit_with_a_long_chain(bool isLargeClientHello)
    {
        var drop = new Drop(datagram => datagram.Number is >= 1 and <= 6);
        ulong received = 0;
        ulong sent = 0;
        bool isValidated = false;
        using var world = new World(1, [drop, .. Link()], Link(), new SimServerOptions
        {
            Certificate = TestIdentity.Long,
            Groups = [isLargeClientHello ? NamedGroup.X25519MLKem768 : NamedGroup.X25519],
        });
        world.OnSent = (from, datagram) =>
        {
            if (from == world.Client)
            {
                bool arrives = datagram.Number is < 1 or > 6;
                received += arrives ? (ulong)datagram.Bytes.Length : 0;
                isValidated |= arrives && HasHandshakePacket(datagram.Bytes);
                return;
            }

            sent += (ulong)datagram.Bytes.Length;
            Assert.True(isValidated || sent <= 3 * received, $"{sent} bytes for {received}");
        };
        TimeSpan time = Transfer.Run(world, 5_000, TimeSpan.FromSeconds(8), isLargeClientHello ? [NamedGroup.X25519MLKem768] : [NamedGroup.X25519]);
        output.WriteLine($"{time.TotalSeconds:f2} s");
        Assert.Equal(6, drop.Dropped);
    }

    [Fact]
    public void Fifty_handshakes_with_bursts_of_loss()
    {
        TimeSpan total = TimeSpan.Zero;
        for (int seed = 1; seed <= 50; seed++)
        {
            using var world = new World(seed, [new BurstLoss(0.3, 3), .. Link()], [new BurstLoss(0.3, 3), .. Link()]);
            total += Transfer.Run(world, 1024, TimeSpan.FromSeconds(60), [NamedGroup.X25519MLKem768, NamedGroup.X25519]);
        }

        // The runner allows six seconds for each.
        output.WriteLine($"{total.TotalSeconds / 50:f2} s each");
        Assert.InRange(total, TimeSpan.Zero, TimeSpan.FromSeconds(50 * 3));
    }

    [Fact]
    public void A_link_that_is_gone_for_two_of_seven_seconds()
    {
        using var world = new World(1, [new Blackhole(), .. Link()], [new Blackhole(), .. Link()]);

        // Ten megabytes take 8.5 s; two outages, and after each a probe time-out that has doubled to as much as the outage took.
        TimeSpan time = Transfer.Run(world, 10_000_000, TimeSpan.FromSeconds(20));
        output.WriteLine($"{time.TotalSeconds:f1} s");
    }

    [Fact]
    public void A_round_trip_of_a_second_and_a_half()
    {
        TimeSpan delay = TimeSpan.FromMilliseconds(750);
        using var world = new World(1, [new RateLimit(Rate, Queue), new Delay(delay)], [new RateLimit(Rate, Queue), new Delay(delay)]);

        // The handshake, the request and the ends of both streams: no time-out that is too short may hold it up.
        TimeSpan time = Transfer.Run(world, 1024, 4 * 2 * delay);
        output.WriteLine($"{time.TotalSeconds:f1} s");
    }

    private static bool HasHandshakePacket(ReadOnlySpan<byte> datagram)
    {
        while (!datagram.IsEmpty && PacketHeader.TryRead(datagram, 8, out PacketHeader header))
        {
            if (header.Type == PacketType.Handshake)
            {
                return true;
            }

            datagram = datagram[header.Length..];
        }

        return false;
    }

    private static INetworkNode[] Link() => [new RateLimit(Rate, Queue), new Delay(s_delay)];

    /// <summary>Loses so many, but never more than so many in a row.</summary>
    private sealed class BurstLoss(double probability, int longest) : INetworkNode
    {
        private int _inRow;

        public void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward)
        {
            if (_inRow < longest && world.Random.Chance(probability))
            {
                _inRow++;
                return;
            }

            _inRow = 0;
            forward(datagram, TimeSpan.Zero);
        }
    }

    private sealed class Blackhole : INetworkNode
    {
        private static readonly TimeSpan s_on = TimeSpan.FromSeconds(5);
        private static readonly TimeSpan s_period = TimeSpan.FromSeconds(7);

        private Timestamp? _start;

        public void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward)
        {
            _start ??= world.Now;
            if ((world.Now - _start.Value).Ticks % s_period.Ticks < s_on.Ticks)
            {
                forward(datagram, TimeSpan.Zero);
            }
        }
    }
}
