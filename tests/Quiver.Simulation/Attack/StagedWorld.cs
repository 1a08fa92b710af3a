using Quiver.Protocol.Primitives;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;

namespace Quiver.Simulation.Attack;

/// <summary>A client and a server brought to a stage, with all that was sent on the way, and the client's secrets.</summary>
internal sealed class StagedWorld : IDisposable
{
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(20);

    private bool _cutToServer;
    private bool _cutToClient;

    public StagedWorld(int seed, Stage stage)
    {
        World = new World(seed, [new Drop(_ => _cutToServer), new Delay(s_delay)], [new Drop(_ => _cutToClient), new Delay(s_delay)])
        {
            // A copy: who receives it opens it in place, and an attacker sees what is on the wire.
            OnSent = (from, datagram) => (from == World!.Client ? ToServer : ToClient).Add(datagram with { Bytes = [.. datagram.Bytes] }),
        };
        _cutToServer = stage == Stage.Fresh;
        _cutToClient = stage == Stage.ServerAnswered;
        Client = World.Client.Connect();
        if (stage is not (Stage.Fresh or Stage.ServerAnswered))
        {
            if (stage == Stage.ClientFinished)
            {
                World.RunUntil(() => World.Server.Connections.Count > 0, TimeSpan.FromSeconds(1));
                _cutToServer = true;
            }

            World.RunUntil(() => Client.IsConnected, TimeSpan.FromSeconds(1));
        }

        World.Run(2 * s_delay);
        if (stage >= Stage.Established)
        {
            SimStream stream = Client.Open();
            stream.Send(30_000, finish: false);
            World.Run(10 * s_delay);
        }

        if (stage == Stage.Closing)
        {
            _cutToClient = true;
            Server!.Connection.Close(7, "enough", World.Now);
        }
        else if (stage == Stage.Draining)
        {
            Client.Connection.Close(7, "enough", World.Now);
        }

        World.Run(1.5 * s_delay);
        _cutToServer = _cutToClient = false;
    }

    public World World { get; }

    public SimConnection Client { get; }

    public SimConnection? Server => World.Server.Connections.Count > 0 ? World.Server.Connections[0] : null;

    public List<SimDatagram> ToServer { get; } = [];

    public List<SimDatagram> ToClient { get; } = [];

    /// <summary>Hands bytes to an endpoint as if the other had sent them, and lets it answer.</summary>
    public void Receive(bool atServer, byte[] bytes)
    {
        SimEndpoint target = atServer ? World.Server : World.Client;
        PathAddress from = atServer ? World.Client.Address : World.Server.Address;
        target.Receive(new SimDatagram(bytes, new Protocol.Connections.DatagramArrival(target.Address, from, EcnCodepoint.NotEct), -1));
        target.Flush();
    }

    public void Dispose() => World.Dispose();
}
