using Quiver.Protocol.ConnectionIds;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Endpoints;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;
using Quiver.Testing;
using Limit = Quiver.Protocol.Endpoints.RateLimit;

namespace Quiver.Simulation.Tests;

/// <summary>Stateless resets both ways, limits on answers, and connection ids of every length.</summary>
public sealed class StatelessAnswerTests
{
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(20);

    [Theory]
    [InlineData(8, 8)]
    [InlineData(0, 8)]
    [InlineData(8, 10)]
    [InlineData(0, 20)]
    [Rfc(9000, "10.3")]
    [Rfc(9000, "10.3.1")]
    [Rfc(9000, "10.3.2")]
    public void A_server_that_starts_again_resets_what_it_has_forgotten(int clientIds, int serverIds)
    {
        using World world = Connected(clientIds, serverIds, out SimConnection client);
        world.Server.Forget();
        client.Open().Send(1_000);
        Assert.True(world.RunUntil(() => client.Closed is not null, TimeSpan.FromSeconds(2)));
        Assert.Equal(CloseKind.StatelessReset, client.Closed!.Kind);
    }

    [Fact]
    [Rfc(9000, "10.3.1")]
    public void A_reset_under_another_key_is_not_believed()
    {
        using World world = Connected(8, 8, out SimConnection client);
        byte[] otherKey = new byte[StatelessResetKey.Length];
        otherKey[0] = 1;
        world.Server.Forget(new RandomConnectionIds(world.Random, new StatelessResetKey(otherKey)));
        int answers = 0;
        world.OnSent = (from, _) => answers += from == world.Server ? 1 : 0;
        client.Open().Send(1_000);
        Assert.False(world.RunUntil(() => client.Closed is not null, TimeSpan.FromSeconds(5)));
        Assert.True(answers > 0);
    }

    [Fact]
    [Rfc(9000, "10.3.3")]
    public void Two_endpoints_that_know_nothing_of_each_other_fall_silent()
    {
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)]);
        List<int> lengths = [];
        world.OnSent = (_, x) => lengths.Add(x.Bytes.Length);
        byte[] packet = new byte[1200];
        packet[0] = 0x40;
        world.Inject(world.Server, packet, new DatagramArrival(world.Server.Address, world.Client.Address, EcnCodepoint.NotEct));
        world.Run(TimeSpan.FromMinutes(1));
        Assert.Equal(Enumerable.Range(StatelessResetPacket.MinLength, lengths.Count).Reverse(), lengths);
        Assert.Equal(StatelessResetPacket.MaxLength, lengths[0]);
    }

    [Fact]
    [Rfc(9000, "10.3.3")]
    public void A_reset_is_shorter_than_what_it_answers_and_looks_like_a_packet()
    {
        for (int trigger = 0; trigger <= 1500; trigger++)
        {
            int length = StatelessResetPacket.LengthFor(trigger);
            Assert.True(length == 0 ? trigger <= 21 : length >= 21 && length < trigger);
            if (length > 0)
            {
                byte[] reset = new byte[length];
                StatelessResetPacket.Write(reset, new StatelessResetToken(5), new SeededRandom(trigger));
                Assert.Equal(0x40, reset[0] & 0xC0);
                Assert.Equal(5, reset[^1]);
            }
        }
    }

    [Fact]
    [Rfc(9000, "10.3.3")]
    [Rfc(9000, "21.11")]
    public void A_flood_of_unknown_packets_gets_few_resets()
    {
        using var world = new World(1, [], []);
        int answers = 0;
        world.OnSent = (from, _) => answers += from == world.Server ? 1 : 0;
        for (int i = 0; i < 2_000; i++)
        {
            byte[] packet = new byte[100];
            world.Random.Fill(packet);
            packet[0] = 0x40;
            world.Inject(world.Server, packet, new DatagramArrival(world.Server.Address, PathAddress.FromIPv4((uint)i, 1), EcnCodepoint.NotEct));
        }

        world.RunUntil(() => false, TimeSpan.Zero);
        Assert.Equal(StatelessAnswers.ResetBurst, answers);
    }

    [Fact]
    [Rfc(9000, "6.1")]
    public void A_flood_of_unknown_versions_gets_few_answers()
    {
        using var world = new World(1, [], []);
        int answers = 0;
        world.OnSent = (from, _) => answers += from == world.Server ? 1 : 0;
        byte[] packet = new byte[1200];
        packet[0] = 0xC0;
        packet[1] = 0x1A;
        for (int i = 0; i < 2_000; i++)
        {
            world.Inject(world.Server, packet, new DatagramArrival(world.Server.Address, PathAddress.FromIPv4((uint)i, 1), EcnCodepoint.NotEct));
        }

        world.RunUntil(() => false, TimeSpan.Zero);
        Assert.Equal(StatelessAnswers.RefusalBurst, answers);
    }

    [Fact]
    public void A_bucket_gives_its_burst_and_then_its_rate()
    {
        var limit = new Limit(3, TimeSpan.FromSeconds(1));
        var now = new Timestamp(TimeSpan.FromHours(1).Ticks);
        Assert.Equal([true, true, true, false], Take(4));
        now += TimeSpan.FromMilliseconds(999);
        Assert.Equal([false], Take(1));
        now += TimeSpan.FromMilliseconds(1);
        Assert.Equal([true, false], Take(2));
        now += TimeSpan.FromHours(1);
        Assert.Equal([true, true, true, false], Take(4));

        bool[] Take(int count) => [.. Enumerable.Range(0, count).Select(_ => limit.TryTake(now))];
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 8)]
    [InlineData(1, 4)]
    [InlineData(2, 20)]
    [InlineData(20, 2)]
    [Rfc(9000, "5.1")]
    public void Connection_ids_of_any_length_work(int clientIds, int serverIds)
    {
        using World world = Connected(clientIds, serverIds, out SimConnection client);
        Sessions.Exchange(world, client, 200_000);
        Assert.Null(client.Closed);
    }

    [Fact]
    [Rfc(9000, "5.1.2")]
    public void A_retired_id_is_listened_to_for_a_while()
    {
        HashSet<ConnectionId> routed = [];
        var ids = new LocalConnectionIds(
            new RandomConnectionIds(new SeededRandom(1), new StatelessResetKey(new byte[32])), id => routed.Add(id), id => routed.Remove(id));
        ids.OnPeerLimit(2);
        Assert.Equal(2, routed.Count);
        var packet = new Protocol.Recovery.PacketBuilder(new byte[100], new Protocol.Recovery.SentPacketLog(), EncryptionLevel.Application, default);
        ids.WriteFrames(ref packet);
        var until = new Timestamp(1_000);
        ids.OnRetired(0, ConnectionId.Empty, until);
        Assert.Contains(ids.First, routed);
        Assert.Equal(3, routed.Count);
        Assert.Equal(until, ids.Deadline);
        ids.OnTimeout(new Timestamp(999));
        Assert.Contains(ids.First, routed);
        ids.OnTimeout(until);
        Assert.DoesNotContain(ids.First, routed);
        Assert.Equal(Timestamp.Never, ids.Deadline);
        ids.RemoveAll();
        Assert.Empty(routed);
    }

    [Fact]
    public void An_endpoint_that_runs_out_of_ids_says_so()
    {
        var ids = new RandomConnectionIds(new SeededRandom(1), new StatelessResetKey(new byte[32]), 1);
        Assert.Throws<InvalidOperationException>(() => new LocalConnectionIds(ids, _ => false, _ => { }));
    }

    [Fact]
    [Rfc(9000, "10.3.2")]
    public void The_key_decides_the_token_and_the_token_tells_nothing_of_the_id()
    {
        var key = new StatelessResetKey([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
        var same = new StatelessResetKey([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
        var other = new StatelessResetKey(new byte[32]);
        var id = new ConnectionId([1, 2, 3, 4]);
        Assert.Equal(key.TokenFor(id), same.TokenFor(id));
        Assert.NotEqual(key.TokenFor(id), other.TokenFor(id));
        Assert.NotEqual(key.TokenFor(id), key.TokenFor(new ConnectionId([1, 2, 3, 5])));
        Assert.Throws<ArgumentException>(() => new StatelessResetKey(new byte[31]));
    }

    [Fact]
    public void Ids_and_tokens_that_would_collide_in_a_plain_hash_do_not()
    {
        // All of these have one sum and one exclusive or of their words, as UInt128's and most simple hashes use them.
        HashSet<int> ids = [];
        HashSet<int> tokens = [];
        for (int i = 0; i < 10_000; i++)
        {
            byte[] bytes = new byte[16];
            BitConverter.TryWriteBytes(bytes, i);
            BitConverter.TryWriteBytes(bytes.AsSpan(4), i);
            BitConverter.TryWriteBytes(bytes.AsSpan(8), -i);
            BitConverter.TryWriteBytes(bytes.AsSpan(12), -i);
            ids.Add(new ConnectionId(bytes).GetHashCode());
            tokens.Add(StatelessResetToken.Read(bytes).GetHashCode());
        }

        Assert.True(ids.Count > 9_990, $"{ids.Count}");
        Assert.True(tokens.Count > 9_990, $"{tokens.Count}");
    }

    private static World Connected(int clientIds, int serverIds, out SimConnection client)
    {
        var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)], clientIds: clientIds, serverIds: serverIds);
        SimConnection connection = client = world.Client.Connect();
        Assert.True(world.RunUntil(() => connection.IsConnected, TimeSpan.FromSeconds(10)), $"{client.Closed}");
        world.Run(TimeSpan.FromSeconds(1));
        return world;
    }
}
