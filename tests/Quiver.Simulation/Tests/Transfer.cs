using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;

namespace Quiver.Simulation.Tests;

/// <summary>Connects, sends so many bytes each way on one stream, and checks every one. The limit is for all of it, the handshake too.</summary>
internal static class Transfer
{
    public static TimeSpan Run(World world, ulong bytes, TimeSpan limit, IReadOnlyList<Protocol.Tls.NamedGroup>? groups = null)
    {
        Protocol.Primitives.Timestamp start = world.Now;
        SimConnection client = world.Client.Connect(groups: groups);
        Assert.True(world.RunUntil(() => client.IsConnected || client.Closed is not null, limit), $"seed {world.Seed}: no handshake after {limit}");
        Assert.True(client.IsConnected, $"seed {world.Seed}: {client.Closed}");
        SimStream up = client.Open();
        up.Send(bytes);
        SimConnection? server = null;
        bool done = world.RunUntil(
            () =>
            {
                server ??= world.Server.Connections.Count > 0 ? world.Server.Connections[0] : null;
                if (server is { Streams: [SimStream down] } && !down.State.Send!.IsFinishing)
                {
                    down.Send(bytes - Math.Min(bytes, down.Sending));
                }

                return server is { Streams: [SimStream other] } && other.IsEnded && up.IsEnded && up.IsSendFinished && other.IsSendFinished;
            },
            limit - (world.Now - start));
        Assert.True(done, $"seed {world.Seed}: after {limit} client {client.Closed} {up.Received}/{bytes}, server {server?.Closed} {(server?.Streams is [SimStream s] ? s.Received : 0)}");
        Assert.Equal(bytes, up.Received);
        Assert.Equal(bytes, server!.Streams[0].Received);
        return world.Now - start;
    }
}
