using Quiver.Protocol.Connections;
using Quiver.Protocol.Endpoints;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Resumption;
using Quiver.Simulation.Network;

namespace Quiver.Simulation.Endpoints;

/// <summary>One address of the simulated network with its connections: the driver's part, without threads.</summary>
internal sealed class SimEndpoint(World world, PathAddress address, SimServerOptions? server) : IDisposable
{
    private readonly ProtocolEndpoint<SimConnection> _endpoint = new(server is not null);
    private readonly List<SimConnection> _connections = [];
    private readonly byte[] _buffer = new byte[2048];
    private readonly EarlyPackets _early = new();

    public World World => world;

    public PathAddress Address => address;

    public SimServerOptions? Server => server;

    public ProtocolEndpoint<SimConnection> Routing => _endpoint;

    public IReadOnlyList<SimConnection> Connections => _connections;

    public Timestamp NextTimeout
    {
        get
        {
            Timestamp next = Timestamp.Never;
            foreach (SimConnection connection in _connections)
            {
                next = Timestamp.Min(next, connection.Connection.NextTimeout);
            }

            return next;
        }
    }

    public SimConnection Connect(
        Func<ConnectionSettings, ConnectionSettings>? configure = null,
        IReadOnlyList<NamedGroup>? groups = null,
        SimSession? session = null,
        bool withEarlyData = true,
        Func<ClientTlsSettings, ClientTlsSettings>? configureTls = null)
    {
        var connection = new SimConnection(this);
        ConnectionSettings settings = SimConnection.Settings(world) with { Remembered = session?.Parameters };
        var tls = new ClientTlsSettings
        {
            Protocols = [SimConnection.Protocol],
            ServerName = "localhost",
            KeyLog = true,
            Groups = groups ?? [NamedGroup.X25519, NamedGroup.Secp256r1, NamedGroup.Secp384r1],
            AcceptsTickets = true,
            Session = session is null ? null : new SessionOffer(session.Session) { Age = world.Now - session.Received, WithEarlyData = withEarlyData },
        };
        connection.Connection = Connection.CreateClient(
            configure?.Invoke(settings) ?? settings, configureTls?.Invoke(tls) ?? tls, address, world.Server.Address, connection, world.Now);
        _connections.Add(connection);
        return connection;
    }

    public void Receive(SimDatagram datagram)
    {
        Route<SimConnection> route = _endpoint.Route(datagram.Bytes, datagram.Arrival);
        switch (route.Kind)
        {
            case RouteKind.Deliver:
                route.Connection!.Connection.ReceiveDatagram(datagram.Bytes, datagram.Arrival, world.Now);
                break;
            case RouteKind.Create:
                var created = new SimConnection(this);
                created.Connection = Connection.CreateServer(route.Initial, TimeSpan.FromMinutes(10), world.Random, created, world.Now);
                created.Connection.ReceiveDatagram(datagram.Bytes, datagram.Arrival, world.Now);
                if (created.Connection.HasSeenPeer)
                {
                    _connections.Add(created);
                    foreach ((byte[] early, DatagramArrival arrival) in _early.Take(route.Initial.DestinationConnectionId, world.Now))
                    {
                        created.Connection.ReceiveDatagram(early, arrival, world.Now);
                    }
                }
                else
                {
                    created.Connection.Dispose();
                }

                break;
            case RouteKind.KeepEarly:
                _early.Keep(route.Initial.DestinationConnectionId, datagram.Bytes, datagram.Arrival, world.Now);
                break;
            case RouteKind.Reply:
                int length = ProtocolEndpoint<SimConnection>.WriteReply(datagram.Bytes, _buffer, world.Random);
                world.Send(this, _buffer.AsSpan(0, length), new OutgoingDatagram(length, datagram.Arrival.Local, datagram.Arrival.Remote, EcnCodepoint.NotEct));
                break;
            case RouteKind.StatelessReset:
                route.Connection!.Connection.OnStatelessReset(world.Now);
                break;
            default:
                break;
        }
    }

    public void OnTimeout()
    {
        foreach (SimConnection connection in _connections)
        {
            if (connection.Connection.NextTimeout <= world.Now)
            {
                connection.Connection.OnTimeout(world.Now);
            }
        }
    }

    /// <summary>Lets the applications act and sends all that may be sent.</summary>
    public void Flush()
    {
        for (int i = _connections.Count - 1; i >= 0; i--)
        {
            SimConnection connection = _connections[i];
            do
            {
                connection.Act();
                while (connection.Connection.TryBuildDatagram(_buffer, world.Now, out OutgoingDatagram datagram))
                {
                    world.Send(this, _buffer.AsSpan(0, datagram.Length), datagram);
                }
            }
            while (connection.HasWork);

            if (connection.IsDrained)
            {
                connection.Connection.Dispose();
                _connections.RemoveAt(i);
            }
        }
    }

    public void Dispose()
    {
        foreach (SimConnection connection in _connections)
        {
            connection.Connection.Dispose();
        }
    }
}
