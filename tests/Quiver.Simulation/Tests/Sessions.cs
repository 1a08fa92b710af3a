using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;

namespace Quiver.Simulation.Tests;

/// <summary>Connects, waits for tickets, and exchanges data.</summary>
internal static class Sessions
{
    /// <summary>A connection that is complete and has its tickets.</summary>
    public static SimConnection Connect(
        World world, SimSession? session = null, bool withEarlyData = false, Func<ClientTlsSettings, ClientTlsSettings>? configureTls = null)
    {
        SimConnection connection = world.Client.Connect(session: session, withEarlyData: withEarlyData, configureTls: configureTls);
        Assert.True(
            world.RunUntil(() => connection.Sessions.Count > 0 || connection.Closed is not null, TimeSpan.FromMinutes(3)), $"seed {world.Seed}: no tickets");
        Assert.True(connection.Closed is null, $"seed {world.Seed}: {connection.Closed}");

        // The others follow.
        world.Run(TimeSpan.FromSeconds(3));
        return connection;
    }

    /// <summary>Some bytes each way on a new stream.</summary>
    public static void Exchange(World world, SimConnection client, ulong bytes = 20_000)
    {
        // Which of the server's connections it is shows when the stream comes: a late copy of an Initial may have made one more.
        Dictionary<SimConnection, int> before = world.Server.Connections.ToDictionary(x => x, x => x.Streams.Count);
        SimStream up = client.Open();
        up.Send(bytes);
        SimStream? other = null;
        bool done = world.RunUntil(
            () =>
            {
                if (other is null && world.Server.Connections.FirstOrDefault(x => x.Streams.Count > before.GetValueOrDefault(x)) is { } server)
                {
                    other = server.Streams[^1];
                    other.Send(bytes);
                }

                return up.IsEnded && other is { IsEnded: true };
            },
            TimeSpan.FromMinutes(5));
        Assert.True(done, $"seed {world.Seed}: {up.Received} of {bytes}; {client.Closed}; {other?.Connection.Closed}");
    }

    /// <summary>What passed since the start but for the wait for tickets.</summary>
    public static TimeSpan HandshakeTime(World world, Timestamp start) => world.Now - start - TimeSpan.FromSeconds(3) - TimeSpan.FromMilliseconds(40);
}
