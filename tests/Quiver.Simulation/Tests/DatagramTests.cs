using Quiver.Protocol.Datagrams;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Streams;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;
using Quiver.Testing;

namespace Quiver.Simulation.Tests;

/// <summary>Unreliable datagrams over simulated networks.</summary>
public sealed class DatagramTests
{
    private const byte Priority = StreamContext.DefaultPriority;

    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(20);

    [Fact, Rfc(9221, "5")]
    public void Datagrams_of_every_size_arrive_in_order_and_are_acknowledged()
    {
        using World world = NewWorld(1);
        (SimConnection client, SimConnection server) = Connect(world);
        var sent = new DatagramLog(client);
        var received = new DatagramLog(server);
        int max = client.Connection.MaxDatagramLength;
        Assert.InRange(max, 1150, 1200);
        for (int length = 0; length <= max; length++)
        {
            Assert.Equal(DatagramAdmission.Queued, Send(world, client, length, tag: length));
            if (length % 64 == 0)
            {
                world.Run(s_delay);
            }
        }

        world.Run(20 * s_delay);
        Assert.Equal(Enumerable.Range(0, max + 1), received.Received.Select(data => data.Length));
        Assert.All(received.Received, data => Assert.Equal(Pattern(data.Length), data));
        Assert.Equal(max + 1, sent.With(DatagramFate.Acknowledged).Distinct().Count());
        DatagramCounts counts = client.Connection.Datagrams.Counts;
        Assert.Equal(((ulong)max + 1, (ulong)max + 1, 0UL), (counts.Sent, counts.Acknowledged, counts.Lost));
        Assert.Equal((ulong)max + 1, server.Connection.Datagrams.Counts.Received);
    }

    [Theory, Rfc(9221, "5")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Lost_datagrams_are_not_sent_again_and_both_ends_counts_agree(int seed)
    {
        using var world = new World(seed, [new Loss(0.2), new Delay(s_delay)], [new Loss(0.05), new Delay(s_delay)], Options());
        (SimConnection client, SimConnection server) = Connect(world);
        var sent = new DatagramLog(client);
        var received = new DatagramLog(server);
        int count = 0;
        while (count < 1000)
        {
            // So many losses leave little of the congestion window: now and then the queue is full.
            count += Send(world, client, 100, tag: count) == DatagramAdmission.Queued ? 1 : 0;
            world.Run(TimeSpan.FromMilliseconds(2));
        }

        world.Run(TimeSpan.FromSeconds(60));
        Assert.Equal(count, sent.Settled.Select(settled => settled.Tag).Distinct().Count());
        Assert.InRange(received.Received.Count, count * 0.7, count * 0.9);

        // One whose ACKs were all lost counts as lost though it arrived; one that was taken for lost may be acknowledged yet.
        Assert.InRange(sent.With(DatagramFate.Acknowledged).Count(), received.Received.Count - 20, received.Received.Count);
        DatagramCounts counts = client.Connection.Datagrams.Counts;
        Assert.Equal((ulong)count, counts.Sent);
        Assert.Equal((ulong)sent.Settled.Count, counts.Acknowledged + counts.Lost);
    }

    // The ACK of a lone datagram comes after a probe time-out: the probe is no loss.
    [Fact, Rfc(9221, "5.2")]
    public void A_datagram_that_is_only_late_is_acknowledged_and_never_lost()
    {
        TimeSpan hold = TimeSpan.Zero;
        using var world = new World(1, [new HoldBack(_ => hold > TimeSpan.Zero, TimeSpan.FromSeconds(1)), new Delay(s_delay)], [new Delay(s_delay)], Options());
        (SimConnection client, _) = Connect(world);
        world.Run(TimeSpan.FromSeconds(5));
        var sent = new DatagramLog(client);
        hold = TimeSpan.FromSeconds(1);
        int before = world.SentBy(world.Client);
        Assert.Equal(DatagramAdmission.Queued, Send(world, client, 100, tag: 7));
        world.Run(TimeSpan.FromSeconds(5));
        Assert.True(world.SentBy(world.Client) > before + 1, "there was no probe");
        Assert.Equal([(7, DatagramFate.Acknowledged)], sent.Settled);
        Assert.Equal(0UL, client.Connection.Datagrams.Counts.Lost);
    }

    [Fact, Rfc(9221, "3")]
    public void Datagrams_are_not_sent_to_a_peer_that_takes_none()
    {
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)]);
        (SimConnection client, _) = Connect(world);
        Assert.Equal(0, client.Connection.MaxDatagramLength);
        Assert.Equal(DatagramAdmission.NotSupported, Send(world, client, 1));
    }

    [Fact, Rfc(9221, "3")]
    public void Datagrams_are_not_larger_than_the_peer_takes()
    {
        using World world = NewWorld(1, maxFrameSize: 67);
        (SimConnection client, SimConnection server) = Connect(world);
        var received = new DatagramLog(server);

        // One byte of type, two of length.
        Assert.Equal(64, client.Connection.MaxDatagramLength);
        Assert.Equal(DatagramAdmission.TooLarge, Send(world, client, 65));
        Assert.Equal(DatagramAdmission.Queued, Send(world, client, 64));
        world.Run(10 * s_delay);
        Assert.Single(received.Received);
        Assert.Null(server.Closed);
    }

    [Fact, Rfc(9221, "5.4")]
    public void Datagrams_wait_for_congestion_control_and_expire()
    {
        using var world = new World(1, [new RateLimit(1e6, 30_000), new Delay(s_delay)], [new Delay(s_delay)], Options());
        (SimConnection client, SimConnection server) = Connect(world);
        var sent = new DatagramLog(client);
        var received = new DatagramLog(server);
        for (int i = 0; i < 200; i++)
        {
            Timestamp expires = i % 2 == 0 ? world.Now + TimeSpan.FromMilliseconds(100) : Timestamp.Never;
            Assert.Equal(DatagramAdmission.Queued, client.Connection.TrySendDatagram(Pattern(1000), Priority, expires, i, world.Now));
        }

        world.Run(TimeSpan.FromSeconds(30));
        Assert.NotEmpty(sent.With(DatagramFate.Expired));
        Assert.All(sent.With(DatagramFate.Expired), tag => Assert.Equal(0, tag % 2));
        Assert.Equal(200, sent.Settled.Count);
        Assert.Equal(200UL - client.Connection.Datagrams.Counts.Expired, client.Connection.Datagrams.Counts.Sent);
        Assert.InRange(received.Received.Count, 100 - (int)client.Connection.Datagrams.Counts.Lost, 200);
    }

    [Fact]
    public void A_full_queue_refuses_and_says_when_there_is_room()
    {
        using World world = NewWorld(1);
        (SimConnection client, SimConnection server) = Connect(world);
        var sent = new DatagramLog(client);
        var received = new DatagramLog(server);
        for (int i = 0; i < DatagramQueue.MaxQueued; i++)
        {
            Assert.Equal(DatagramAdmission.Queued, Send(world, client, 500));
        }

        Assert.Equal(DatagramAdmission.Full, Send(world, client, 500));
        Assert.Equal(0, sent.Rooms);
        world.Run(TimeSpan.FromSeconds(5));
        Assert.Equal(1, sent.Rooms);
        Assert.Equal(DatagramQueue.MaxQueued, received.Received.Count);
    }

    [Fact, Rfc(9221, "5.1")]
    public void Priority_decides_between_datagrams_and_streams()
    {
        // A queue that holds all of it: a datagram that is lost is not sent again.
        using var world = new World(1, [new RateLimit(5e6, 1_000_000), new Delay(s_delay)], [new Delay(s_delay)], Options());
        (SimConnection client, SimConnection server) = Connect(world);
        var received = new DatagramLog(server);
        client.Open().Send(400_000);
        world.Run(3 * s_delay);
        for (int i = 0; i < 100; i++)
        {
            // Below the stream, and above it.
            client.Connection.TrySendDatagram([(byte)(i % 2), .. Pattern(800)], i % 2 == 0 ? (byte)10 : (byte)200, Timestamp.Never, i, world.Now);
        }

        Assert.True(world.RunUntil(() => received.Received.Count >= 50, TimeSpan.FromSeconds(30)));
        Assert.All(received.Received, data => Assert.Equal(1, data[0]));
        SimStream stream = server.Streams[0];
        Assert.InRange(stream.Received, 0UL, 399_999UL);
        Assert.True(world.RunUntil(() => received.Received.Count > 50, TimeSpan.FromSeconds(60)));

        // The first of low priority came when the stream had nothing new to send.
        Assert.InRange(stream.Received, 250_000UL, 400_000UL);
        Assert.True(world.RunUntil(() => received.Received.Count == 100 && stream.IsEnded, TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void What_waits_when_the_connection_ends_is_dropped_and_told()
    {
        using World world = NewWorld(1);
        (SimConnection client, _) = Connect(world);
        var sent = new DatagramLog(client);
        for (int i = 0; i < 100; i++)
        {
            Send(world, client, 1000, tag: i);
        }

        client.Connection.Close(0, string.Empty, world.Now);
        Assert.Equal(100, sent.With(DatagramFate.Dropped).Count());
        Assert.True(client.Connection.Datagrams.IsEmpty);
    }

    private static World NewWorld(int seed, ulong maxFrameSize = 65_535) =>
        new(seed, [new Delay(s_delay)], [new Delay(s_delay)], Options(maxFrameSize));

    private static SimServerOptions Options(ulong maxFrameSize = 65_535) =>
        new() { Configure = settings => settings with { MaxDatagramFrameSize = maxFrameSize, RemoteBidirectionalReceiveWindow = 1 << 20 } };

    private static (SimConnection Client, SimConnection Server) Connect(World world)
    {
        SimConnection client = world.Client.Connect();
        Assert.True(
            world.RunUntil(() => client.IsConnected && world.Server.Connections is [{ IsConnected: true }], TimeSpan.FromMinutes(1)),
            $"seed {world.Seed}: no handshake");
        world.Run(10 * s_delay);
        return (client, world.Server.Connections[0]);
    }

    private static DatagramAdmission Send(World world, SimConnection from, int length, long tag = 0) =>
        from.Connection.TrySendDatagram(Pattern(length), Priority, Timestamp.Never, tag, world.Now);

    private static byte[] Pattern(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)((i * 7) + length))];
}
