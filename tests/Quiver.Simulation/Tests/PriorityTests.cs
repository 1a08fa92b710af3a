using Quiver.Protocol.Streams;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;
using Quiver.Testing;

namespace Quiver.Simulation.Tests;

/// <summary>Who sends first over a link that is too narrow for all.</summary>
public sealed class PriorityTests(ITestOutputHelper output)
{
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(20);

    [Theory, Rfc(9218, "10")]
    [InlineData(0.0, 1)]
    [InlineData(0.02, 2)]
    [InlineData(0.02, 3)]
    public void A_higher_priority_is_served_before_a_lower_one(double loss, int seed)
    {
        using World world = NewWorld(seed, loss);
        (SimConnection client, SimConnection server) = Connect(world);
        SimStream low = Open(client, priority: 10);
        SimStream high = Open(client, priority: 200);
        low.Send(2_000_000);
        high.Send(2_000_000);
        Assert.True(world.RunUntil(() => At(server, 1) is { IsEnded: true }, TimeSpan.FromMinutes(2)));
        ulong lowAtEnd = At(server, 0)?.Received ?? 0;
        output.WriteLine($"low has {lowAtEnd} when high is done");

        // A few datagrams at most: while the other's end was on its way.
        Assert.InRange(lowAtEnd, 0UL, 10_000UL);
        Assert.True(world.RunUntil(() => At(server, 0) is { IsEnded: true }, TimeSpan.FromMinutes(2)), "the low one starves");
    }

    [Fact, Rfc(9218, "10")]
    public void Sequential_streams_are_sent_one_after_the_other_in_the_order_of_their_numbers()
    {
        using World world = NewWorld(1);
        (SimConnection client, SimConnection server) = Connect(world);
        List<SimStream> streams = [.. Enumerable.Range(0, 5).Select(_ => Open(client, StreamContext.DefaultPriority, isIncremental: false))];

        // The last is ready first.
        foreach (SimStream stream in streams.AsEnumerable().Reverse())
        {
            stream.Send(400_000);
        }

        List<int> ended = [];
        Assert.True(world.RunUntil(
            () =>
            {
                for (int i = 0; i < 5; i++)
                {
                    if (At(server, i) is { IsEnded: true } && !ended.Contains(i))
                    {
                        ended.Add(i);
                    }
                }

                return ended.Count == 5;
            },
            TimeSpan.FromMinutes(2)));
        Assert.Equal([0, 1, 2, 3, 4], ended);
    }

    [Fact, Rfc(9218, "10")]
    public void Incremental_and_sequential_streams_of_one_priority_get_half_each()
    {
        using World world = NewWorld(1);
        (SimConnection client, SimConnection server) = Connect(world);
        SimStream[] streams =
        [
            Open(client, 100, isIncremental: true), Open(client, 100, isIncremental: true),
            Open(client, 100, isIncremental: false), Open(client, 100, isIncremental: false),
        ];
        foreach (SimStream stream in streams)
        {
            stream.Send(3_000_000);
        }

        Assert.True(world.RunUntil(() => server.Streams.Sum(stream => (long)stream.Received) > 3_000_000, TimeSpan.FromMinutes(1)));
        ulong[] received = [.. Enumerable.Range(0, 4).Select(i => At(server, i)?.Received ?? 0)];
        output.WriteLine(string.Join(' ', received));
        Assert.InRange(received[0], 600_000UL, 900_000UL);
        Assert.InRange(received[1], 600_000UL, 900_000UL);
        Assert.InRange(received[2], 1_200_000UL, 1_800_000UL);
        Assert.InRange(received[3], 0UL, 10_000UL);
    }

    [Fact, Rfc(9218, "10")]
    public void Priority_may_change_while_data_is_sent()
    {
        using World world = NewWorld(1);
        (SimConnection client, SimConnection server) = Connect(world);
        SimStream first = Open(client, priority: 200);
        SimStream second = Open(client, priority: 100);
        first.Send(4_000_000);
        second.Send(1_000_000);
        Assert.True(world.RunUntil(() => At(server, 0) is { Received: > 1_000_000 }, TimeSpan.FromMinutes(1)));
        Assert.InRange(At(server, 1)?.Received ?? 0, 0UL, 10_000UL);
        client.Connection.SetPriority(second.State.Send!, 201, isIncremental: true);
        Assert.True(world.RunUntil(() => At(server, 1) is { IsEnded: true }, TimeSpan.FromMinutes(1)));
        Assert.InRange(At(server, 0)!.Received, 1_000_000UL, 1_500_000UL);
    }

    [Fact]
    public void Control_frames_do_not_starve_behind_data_of_the_highest_priority()
    {
        using World world = NewWorld(1);
        (SimConnection client, SimConnection server) = Connect(world);
        SimStream victim = Open(client, priority: 0);
        victim.Send(50_000, finish: false);
        world.Run(20 * s_delay);
        SimStream flood = Open(client, priority: 255);
        flood.Send(4_000_000);
        world.Run(5 * s_delay);
        victim.State.Send!.Reset(77);
        Assert.True(world.RunUntil(() => At(server, 0) is { ResetCode: 77 }, TimeSpan.FromSeconds(2)), "RESET_STREAM waits for the flood");
        Assert.False(At(server, 1)!.IsEnded);
    }

    // With room at the receiver: a stream that is out of credit leaves the link to the others, whatever their priority.
    private static World NewWorld(int seed, double loss = 0) => new(
        seed,
        [new Loss(loss), new RateLimit(10e6, 60_000), new Delay(s_delay)],
        [new Delay(s_delay)],
        new SimServerOptions { Configure = settings => settings with { RemoteBidirectionalReceiveWindow = 16 << 20 } });

    private static SimStream Open(SimConnection client, byte priority, bool isIncremental = true)
    {
        SimStream stream = client.Open();
        client.Connection.SetPriority(stream.State.Send!, priority, isIncremental);
        return stream;
    }

    private static SimStream? At(SimConnection server, int index) => server.Streams.Find(stream => stream.State.Id.Index == (ulong)index);

    private static (SimConnection Client, SimConnection Server) Connect(World world)
    {
        SimConnection client = world.Client.Connect();
        Assert.True(
            world.RunUntil(() => client.IsConnected && world.Server.Connections is [{ IsConnected: true }], TimeSpan.FromMinutes(1)),
            $"seed {world.Seed}: no handshake");
        world.Run(10 * s_delay);
        return (client, world.Server.Connections[0]);
    }
}
