using CsCheck;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Primitives;
using Quiver.Simulation.Attack;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;
using Quiver.Testing;

namespace Quiver.Simulation.Tests;

/// <summary>
/// Whatever comes, at whatever time, ends in a drop or a coded close: no exception leaves the core, no memory beyond the caps.
/// QUIVER_LONG_TESTS multiplies the counts.
/// </summary>
public sealed class BadInputTests(ITestOutputHelper output)
{
    private const int Datagrams = 180_000;
    private const int HostileConnections = 400;

    /// <summary>What the caps of one connection add up to: windows of the streams that were written to, gaps, ids, CRYPTO; and the collector's slack.</summary>
    private const long MemoryAllowed = 48 << 20;

    private static int Scale => int.TryParse(Environment.GetEnvironmentVariable("QUIVER_LONG_TESTS"), out int scale) ? scale : 1;

    public static TheoryData<Stage> Stages => [.. Enum.GetValues<Stage>()];

    [Theory]
    [MemberData(nameof(Stages))]
    [Rfc(9000, "5.2")]
    [Rfc(9000, "12.2")]
    public void Datagrams_without_the_keys_change_nothing(Stage stage)
    {
        using var world = new StagedWorld(1, stage);
        SimDatagram[] seen = [.. world.ToServer, .. world.ToClient];
        CloseReason? before = world.Server?.Closed;
        long memory = GC.GetTotalMemory(forceFullCollection: true);
        int count = 0;
        Gen<byte[]> mutated = Gen.Select(Gen.Int[0, seen.Length - 1], Gen.Int[0, 5], Gen.Select(Gen.Int[0, 2000], Gen.Byte).Array[1, 4])
            .Select((index, kind, changes) => Mutate(seen[index].Bytes, kind, changes));
        Gen.Frequency((5, mutated), (1, Gen.Byte.Array[0, 1500])).Select(Gen.Bool).Sample(
            (bytes, atServer) =>
            {
                world.Receive(atServer, bytes);
                if (++count % 1000 == 0)
                {
                    world.World.Run(TimeSpan.FromMilliseconds(1));
                }
            },
            iter: Datagrams * Scale,
            threads: 1);
        output.WriteLine($"{count} datagrams");
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - memory, long.MinValue, MemoryAllowed);
        Assert.Equal(before, world.Server?.Closed);
        if (stage == Stage.Established)
        {
            Assert.True(world.Client.Closed is null, $"{world.Client.Closed}");
            SimStream stream = world.Client.Open();
            stream.Send(100_000);
            Assert.True(world.World.RunUntil(() => stream.IsSendFinished, TimeSpan.FromMinutes(1)), "the connection no longer works");
        }
    }

    [Theory]
    [InlineData(Stage.ServerAnswered)]
    [InlineData(Stage.ClientFinished)]
    [InlineData(Stage.Established)]
    [InlineData(Stage.Closing)]
    [Rfc(9000, "12.4")]
    [Rfc(9000, "19")]
    public void A_hostile_client_gets_a_coded_close(Stage stage) => Attack(stage, EndpointRole.Client);

    [Theory]
    [InlineData(Stage.ServerAnswered)]
    [InlineData(Stage.ClientFinished)]
    [InlineData(Stage.Established)]
    [Rfc(9000, "12.4")]
    [Rfc(9000, "19")]
    public void A_hostile_server_gets_a_coded_close(Stage stage) => Attack(stage, EndpointRole.Server);

    private static byte[] Mutate(byte[] original, int kind, (int Position, byte Value)[] changes)
    {
        byte[] bytes = kind switch
        {
            0 => original[..(changes[0].Position % (original.Length + 1))],
            1 => [.. original, .. original],
            _ => [.. original],
        };
        foreach ((int position, byte value) in changes)
        {
            if (bytes.Length > 0)
            {
                // Mostly headers: that is where parsing happens without keys.
                int index = (kind & 1) == 0 ? position % bytes.Length : position % Math.Min(bytes.Length, 60);
                bytes[index] ^= (byte)(value | 1);
            }
        }

        return bytes;
    }

    private void Attack(Stage stage, EndpointRole attacker)
    {
        EncryptionLevel level = stage switch
        {
            Stage.ServerAnswered => EncryptionLevel.Initial,
            Stage.ClientFinished => EncryptionLevel.Handshake,
            _ => EncryptionLevel.Application,
        };
        int seed = 0;
        int packets = 0;
        var codes = new SortedDictionary<string, int>(StringComparer.Ordinal);
        Gen<byte[]> payload = level == EncryptionLevel.Application ? FrameGen.Payload : FrameGen.HandshakePayload;
        payload.Array[1, 60].Sample(
            payloads =>
            {
                using var world = new StagedWorld(++seed, stage);
                world.World.AllowsForeignData = true;
                PacketForge forge = PacketForge.For(world, attacker);
                SimConnection victim = attacker == EndpointRole.Client ? world.Server! : world.Client;
                foreach (byte[] payload in payloads)
                {
                    if (forge.Make(level, payload) is byte[] packet)
                    {
                        packets++;
                        world.Receive(attacker == EndpointRole.Client, packet);
                    }
                }

                world.World.Run(TimeSpan.FromMilliseconds(50));
                string outcome = victim.Closed is CloseReason reason ? $"{reason.Kind} {(TransportErrorCode)reason.Code}" : "open";
                codes[outcome] = codes.GetValueOrDefault(outcome) + 1;
                Assert.False(victim.Closed is { Kind: CloseKind.LocalTransport, Code: 0 }, "closed without a code");
            },
            iter: HostileConnections * Scale,
            threads: 1);
        output.WriteLine($"{packets} packets; {string.Join(", ", codes.Select(pair => $"{pair.Key}: {pair.Value}"))}");
        Assert.True(packets > HostileConnections);
    }
}
