using Quiver.Protocol.Packets;
using Quiver.Simulation.Network;
namespace Quiver.Simulation.Tests;
public sealed class DebugTests(ITestOutputHelper output)
{
    [Fact]
    public void Trace()
    {
        int seed = int.Parse(Environment.GetEnvironmentVariable("SEED") ?? "15");
        using var world = new World(seed, [new Loss(0.3), new Delay(TimeSpan.FromMilliseconds(20))], [new Loss(0.3), new Delay(TimeSpan.FromMilliseconds(20))]);
        var start = world.Now;
        world.OnSent = (from, d) =>
        {
            string types = "";
            ReadOnlySpan<byte> rest = d.Bytes;
            while (!rest.IsEmpty && PacketHeader.TryRead(rest, 8, out var h)) { types += $" {h.Type}({h.Length})"; rest = rest[h.Length..]; }
            output.WriteLine($"{(world.Now - start).TotalMilliseconds:f0} {(from == world.Client ? "C>" : "S<")} #{d.Number} {d.Bytes.Length}{types}");
        };
        try { Transfer.Run(world, 5_000, TimeSpan.FromMinutes(5), [Protocol.Tls.NamedGroup.X25519, Protocol.Tls.NamedGroup.Secp384r1]); } catch (Exception e) { output.WriteLine(e.Message); }
        var c = world.Client.Connections.Count > 0 ? world.Client.Connections[0] : null;
        if (c is not null) { output.WriteLine($"client next {(c.Connection.NextTimeout - start).TotalSeconds} {c.Connection.Recovery.BytesInFlight} hs {c.Connection.Tls.IsComplete} { string.Join(",", Enumerable.Range(0,3).Select(i => { var s = c.Connection.Recovery.Space((Protocol.Primitives.PacketNumberSpace)i); return $"[{s.AckElicitingInFlight} {s.ProbesPending} {s.LargestAcked} {s.Log.Oldest}-{s.Log.NextPacketNumber} {s.IsDiscarded}]"; }))} conf {c.Connection.Recovery.IsHandshakeConfirmed} val {c.Connection.Recovery.PeerHasValidatedAddress} ampl {c.Connection.Recovery.IsBlockedByAmplification}"); }
    }
}
