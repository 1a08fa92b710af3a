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
        // A late copy of an Initial may have made one more, which comes to nothing.
        SimConnection server = world.Server.Connections.Last(x => x.IsConnected);
        int before = server.Streams.Count;
        SimStream up = client.Open();
        up.Send(bytes);
        bool done = world.RunUntil(
            () =>
            {
                if (server.Streams.Count > before && server.Streams[before].Sending == 0)
                {
                    server.Streams[before].Send(bytes);
                }

                return up.IsEnded && server.Streams.Count > before && server.Streams[before].IsEnded;
            },
            TimeSpan.FromMinutes(5));
        Assert.True(done, $"seed {world.Seed}: {up.Received} of {bytes}; {client.Closed}; {server.Closed}");
    }

    /// <summary>What passed since the start but for the wait for tickets.</summary>
    public static TimeSpan HandshakeTime(World world, Timestamp start) => world.Now - start - TimeSpan.FromSeconds(3) - TimeSpan.FromMilliseconds(40);
}
