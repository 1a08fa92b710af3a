using Quiver.Protocol.ConnectionIds;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Endpoints;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Resumption;
using Quiver.Protocol.Tokens;
using Quiver.Simulation.Network;

namespace Quiver.Simulation.Endpoints;

/// <summary>One address of the simulated network with its connections: the driver's part, without threads.</summary>
internal sealed class SimEndpoint(World world, PathAddress address, SimServerOptions? server, int idLength = RandomConnectionIds.DefaultLength) : IDisposable
{
    private readonly ProtocolEndpoint<SimConnection> _endpoint = new(idLength, server is not null) { Versions = server?.Versions ?? QuicVersions.Spoken };
    private readonly List<SimConnection> _connections = [];
    private readonly byte[] _buffer = new byte[2048];
    private readonly EarlyPackets _early = new();

    private readonly AddressTokens _tokens = new((server ?? new SimServerOptions()).TokenSealer, world.Random);
    private StatelessAnswers? _answers;

    public World World => world;

    /// <summary>Ids, and the key of resets, which a test may change as a process that starts again may.</summary>
    public IConnectionIdSource Ids { get; set; } = new RandomConnectionIds(world.Random, KeyOf(server), idLength);

    public AddressTokens Tokens => _tokens;

    // Two ends with one key could be made to reset each other: the answer of the one to an id of the other's is the other's reset.
    private static StatelessResetKey KeyOf(SimServerOptions? server)
    {
        byte[] key = new byte[StatelessResetKey.Length];
        key[0] = server is null ? (byte)1 : (byte)2;
        return new StatelessResetKey(key);
    }

    private StatelessAnswers Answers => _answers ??= new StatelessAnswers(Ids, _tokens, world.Random);

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
        ConnectionSettings settings = SimConnection.Settings(world) with { Remembered = session?.Parameters, ConnectionIds = Ids };
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
                if (!TryAdmit(datagram, route.Initial, out ServerInitial initial))
                {
                    break;
                }

                var created = new SimConnection(this);
                created.Connection = Connection.CreateServer(initial, TimeSpan.FromMinutes(10), Ids, world.Random, created, world.Now);
                created.Connection.ReceiveDatagram(datagram.Bytes, datagram.Arrival, world.Now);

                // As in the library, one that has ended again stays until all that came is handed out.
                _connections.Add(created);
                if (created.Connection.HasSeenPeer)
                {
                    foreach ((byte[] early, DatagramArrival arrival) in _early.Take(route.Initial.DestinationConnectionId, world.Now))
                    {
                        created.Connection.ReceiveDatagram(early, arrival, world.Now);
                    }
                }

                break;
            case RouteKind.KeepEarly:
                _early.Keep(route.Initial.DestinationConnectionId, datagram.Bytes, datagram.Arrival, world.Now);
                break;
            case RouteKind.NegotiateVersion:
                Answer(Answers.WriteVersionNegotiation(datagram.Bytes, _endpoint.Versions, _buffer, world.Now), datagram.Arrival);
                break;
            case RouteKind.Reset:
                Answer(Answers.WriteReset(datagram.Bytes, _buffer, world.Now), datagram.Arrival);
                break;
            case RouteKind.StatelessReset:
                route.Connection!.Connection.OnStatelessReset(world.Now);
                break;
            default:
                break;
        }
    }

    /// <summary>The process ends without a word, and another begins with nothing but its keys.</summary>
    public void Forget(IConnectionIdSource? ids = null)
    {
        Dispose();
        _connections.Clear();
        Ids = ids ?? Ids;
        _answers = null;
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

    private bool TryAdmit(SimDatagram datagram, in ServerInitial first, out ServerInitial initial)
    {
        Assert.True(PacketHeader.TryRead(datagram.Bytes, Ids.Length, out PacketHeader header));
        if (!AddressValidation.TryValidate(_tokens, header.Token, first, world.UnixMilliseconds, server!.UsedTokens, out initial))
        {
            Answer(Answers.WriteInvalidToken(datagram.Bytes, header, first, _buffer, world.Now), datagram.Arrival);
            return false;
        }

        if (server.Refuses)
        {
            Answer(Answers.WriteRefusal(initial, _buffer, world.Now), datagram.Arrival);
            return false;
        }

        if (server.Retry && !initial.IsAddressValidated)
        {
            Answer(Answers.WriteRetry(initial, _buffer, world.UnixMilliseconds), datagram.Arrival);
            return false;
        }

        return true;
    }

    private void Answer(int length, in DatagramArrival arrival)
    {
        if (length > 0)
        {
            world.Send(this, _buffer.AsSpan(0, length), new OutgoingDatagram(length, arrival.Local, arrival.Remote, EcnCodepoint.NotEct));
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
