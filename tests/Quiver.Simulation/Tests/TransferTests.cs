using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;
using Quiver.Testing;

namespace Quiver.Simulation.Tests;

public sealed class TransferTests
{
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(20);

    [Fact]
    [Rfc(9000, "7")]
    public void Handshake_takes_one_round_trip_and_both_ends_agree()
    {
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)]);
        SimConnection client = world.Client.Connect();
        Assert.True(world.RunUntil(() => client.IsConnected, 2.1 * s_delay));
        Assert.True(world.RunUntil(() => world.Server.Connections[0].IsConnected, 2 * s_delay));
        Assert.Equal("sim"u8.ToArray(), client.Connection.Tls.NegotiatedProtocol.ToArray());
        Assert.Equal("localhost", world.Server.Connections[0].Connection.Tls.ServerName);
    }

    [Fact]
    public void Ten_megabytes_go_both_ways_on_a_clean_network()
    {
        using var world = new World(2, [new Delay(s_delay)], [new Delay(s_delay)]);
        Transfer.Run(world, 10_000_000, TimeSpan.FromSeconds(20));
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.1)]
    [InlineData(0.3)]
    public void Ten_megabytes_arrive_whole_through_loss(double loss)
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            using var world = new World(seed, [new Loss(loss), new Delay(s_delay)], [new Loss(loss), new Delay(s_delay)]);
            Transfer.Run(world, 10_000_000, TimeSpan.FromHours(2));
        }
    }
}
