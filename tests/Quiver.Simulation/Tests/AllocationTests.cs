using Quiver.Protocol.Connections;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Streams;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;

namespace Quiver.Simulation.Tests;

/// <summary>In steady state nothing is allocated for a packet: sent, received or acknowledged. Alone, since the pools are the process's.</summary>
[Collection(nameof(AllocationTests))]
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public sealed class AllocationTests(ITestOutputHelper output)
{
    private readonly byte[] _datagram = new byte[1500];
    private readonly byte[] _data = new byte[16 * 1024];

    [Fact]
    public void A_packet_costs_no_allocation_at_either_end()
    {
        using var world = new World(1, [new Delay(TimeSpan.FromMilliseconds(1))], [new Delay(TimeSpan.FromMilliseconds(1))]);
        SimConnection client = world.Client.Connect(settings => settings with { MaxStreamReceiveWindow = 1 << 20 });
        Assert.True(world.RunUntil(() => client.IsConnected && world.Server.Connections[0].IsConnected, TimeSpan.FromSeconds(5)));
        world.Run(TimeSpan.FromSeconds(1));
        SimConnection server = world.Server.Connections[0];
        QuicStreamState? arrived = null;
        server.OnOpened = (connection, stream) =>
        {
            connection.Connection.OnStreamAccepted(stream);
            arrived = stream;
        };
        Assert.True(client.Connection.TryOpenStream(StreamDirection.Bidirectional, out QuicStreamState? sending));
        Timestamp now = world.Now;

        // The first rounds fill pools and rings, and let windows reach their size.
        int warm = 0;
        for (int i = 0; i < 3000; i++)
        {
            now += TimeSpan.FromMilliseconds(1);
            warm += Round(client.Connection, server.Connection, sending!, ref arrived, now);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        int packets = 0;
        for (int i = 0; i < 3000; i++)
        {
            now += TimeSpan.FromMilliseconds(1);
            packets += Round(client.Connection, server.Connection, sending!, ref arrived, now);
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        output.WriteLine($"{allocated} bytes for {packets} packets (warm-up {warm})");
        Assert.True(packets > 30_000, $"only {packets} packets");
        Assert.Equal(0, allocated);
    }

    /// <summary>Writes, carries all datagrams across both ways, reads; returns how many datagrams there were.</summary>
    private int Round(Connection sender, Connection receiver, QuicStreamState sending, ref QuicStreamState? arrived, Timestamp now)
    {
        sending.Send!.Write(_data);
        int packets = Carry(sender, receiver, now);
        while (arrived?.Receive!.Read(_data) > 0)
        {
        }

        packets += Carry(receiver, sender, now);
        Fire(sender, now);
        Fire(receiver, now);
        return packets;
    }

    private int Carry(Connection from, Connection to, Timestamp now)
    {
        int packets = 0;
        while (from.TryBuildDatagram(_datagram, now, out OutgoingDatagram sent))
        {
            packets++;
            to.ReceiveDatagram(_datagram.AsSpan(0, sent.Length), new DatagramArrival(sent.Remote, sent.Local, sent.Ecn), now);
        }

        return packets;
    }

    private static void Fire(Connection connection, Timestamp now)
    {
        if (connection.NextTimeout <= now)
        {
            connection.OnTimeout(now);
        }
    }
}
