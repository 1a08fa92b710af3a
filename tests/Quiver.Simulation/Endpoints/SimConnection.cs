using Quiver.Protocol.Connections;
using Quiver.Protocol.Paths;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Streams;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Resumption;
using Quiver.Protocol.TransportParameters;
using Quiver.Simulation.Network;

namespace Quiver.Simulation.Endpoints;

/// <summary>A connection and a simple application on it: certificates are accepted, streams run <see cref="SimStream"/>s.</summary>
internal sealed class SimConnection(SimEndpoint endpoint) : IConnectionEvents
{
    public static readonly ReadOnlyMemory<byte> Protocol = "sim"u8.ToArray();

    private readonly Queue<TlsSuspension> _suspensions = new();
    private readonly List<SimStream> _streams = [];
    private bool _hasTriedPreferred;

    public Connection Connection { get; set; } = null!; // set right after: the connection needs its events first

    public SimEndpoint Endpoint => endpoint;

    public World World => endpoint.World;

    public bool IsConnected { get; private set; }

    public CloseReason? Closed { get; private set; }

    public bool IsDrained { get; private set; }

    public bool HasWork => _suspensions.Count > 0;

    public List<QuicStreamState> Opened { get; } = [];

    /// <summary>Client: the tickets that came.</summary>
    public List<SimSession> Sessions { get; } = [];

    /// <summary>Client: the address tokens that came.</summary>
    public List<byte[]> AddressTokens { get; } = [];

    /// <summary>Whether early data was accepted; null before that is known.</summary>
    public bool? EarlyData { get; private set; }

    public List<SimStream> Streams => _streams;

    public ulong[] Credit { get; } = new ulong[2];

    /// <summary>The ids that were ever ours.</summary>
    public List<ConnectionId> LocalIds { get; } = [];

    /// <summary>Where the peer was found, one after the other.</summary>
    public List<PathAddress> Moves { get; } = [];

    /// <summary>Client: paths that led to the server.</summary>
    public List<NetworkPath> ValidatedPaths { get; } = [];

    public List<NetworkPath> GonePaths { get; } = [];

    /// <summary>Client: where the server would rather be reached; tried at once.</summary>
    public PathAddress? Preferred { get; private set; }

    /// <summary>Traffic secrets by their key log label.</summary>
    public Dictionary<string, byte[]> Secrets { get; } = [];

    /// <summary>What is done with a stream that the peer opened.</summary>
    public Action<SimConnection, QuicStreamState> OnOpened { get; set; } = (connection, stream) =>
    {
        connection.Connection.OnStreamAccepted(stream);
        connection._streams.Add(new SimStream(connection, stream));
    };

    /// <summary>Null accepts the peer's certificate.</summary>
    public TlsAlert? Verdict { get; set; }

    public static ConnectionSettings Settings(World world) => new()
    {
        Random = world.Random,
        UnixMillisecondsAtZero = World.UnixMillisecondsAtZero,
        MaxInboundBidirectionalStreams = 100,
        MaxInboundUnidirectionalStreams = 100,
        IdleTimeout = TimeSpan.FromMinutes(10),
        HandshakeTimeout = TimeSpan.FromMinutes(10),
    };

    public SimStream Open(StreamDirection direction = StreamDirection.Bidirectional)
    {
        if (!Connection.TryOpenStream(direction, out QuicStreamState? state))
        {
            throw new InvalidOperationException("no stream credit");
        }

        var stream = new SimStream(this, state!);
        _streams.Add(stream);
        return stream;
    }

    /// <summary>Answers what the handshake waits for, and lets the streams read and write.</summary>
    public void Act()
    {
        while (_suspensions.TryDequeue(out TlsSuspension suspension))
        {
            if (suspension == TlsSuspension.ServerSettings)
            {
                SimServerOptions options = endpoint.Server!;
                SelectedPsk? psk;
                try
                {
                    psk = options.Tickets?.Choose(Connection.Tls, Connection.OriginalVersion, World.UnixMilliseconds);
                }
                catch (TransportException e)
                {
                    Connection.CloseTransport(e.Code, e.Message, e, World.Now);
                    return;
                }

                var tls = new ServerTlsSettings
                {
                    Protocols = options.Protocols,
                    Certificate = options.Certificate,
                    Groups = options.Groups,
                    Tickets = options.Tickets?.Settings,
                    Psk = psk,
                };
                ConnectionSettings settings = Settings(World) with { NewTokens = options.SendsTokens ? endpoint.Tokens : null, Versions = options.Versions };
                Connection.ResumeWithServerSettings(options.Configure(settings), tls, World.Now);
            }
            else
            {
                Connection.ResumeWithCertificateVerdict(Verdict, "by the test", null, World.Now);
            }
        }

        if (Preferred is PathAddress preferred && !_hasTriedPreferred)
        {
            _hasTriedPreferred = true;
            Assert.Equal(PathAdmission.Tried, Connection.Migrator!.TryAddPreferred(Connection.LocalAddress, preferred, World.Now, out _));
        }

        for (int i = 0; i < _streams.Count; i++)
        {
            _streams[i].Act();
        }
    }

    public void OnHandshakeSuspended(TlsSuspension suspension) => _suspensions.Enqueue(suspension);

    public void OnHandshakeComplete() => IsConnected = true;

    public void OnEarlyData(bool isAccepted)
    {
        EarlyData = isAccepted;
        if (!isAccepted && Connection.Tls is ClientHandshake)
        {
            _streams.Clear();
        }
    }

    public void OnSessionTicket(TlsSession session, TransportParameterSet parameters) => Sessions.Add(new SimSession(session, parameters, World.Now));

    public void OnStreamOpenedByPeer(QuicStreamState stream)
    {
        Opened.Add(stream);
        OnOpened(this, stream);
    }

    public void OnStreamCreditGranted(StreamDirection direction, ulong increment) => Credit[(int)direction] += increment;

    public bool TryAddConnectionId(in ConnectionId connectionId)
    {
        LocalIds.Add(connectionId);
        return endpoint.Routing.TryAdd(connectionId, this);
    }

    public void OnAddressToken(ReadOnlySpan<byte> token) => AddressTokens.Add(token.ToArray());

    public void OnConnectionIdRemoved(in ConnectionId connectionId) => endpoint.Routing.Remove(connectionId, this);

    public void OnStatelessResetTokenAdded(in StatelessResetToken token, in PathAddress remote) => endpoint.Routing.AddResetToken(token, remote, this);

    public void OnStatelessResetTokenRemoved(in StatelessResetToken token) => endpoint.Routing.RemoveResetToken(token, this);

    public void OnPathChanged(in PathAddress local, in PathAddress remote) => Moves.Add(remote);

    public void OnPathValidated(NetworkPath path) => ValidatedPaths.Add(path);

    public void OnPathGone(NetworkPath path) => GonePaths.Add(path);

    public void OnPreferredAddress(in PathAddress remote) => Preferred = remote;

    public void OnKeyLog(string label, ReadOnlySpan<byte> clientRandom, ReadOnlySpan<byte> secret) => Secrets[label] = secret.ToArray();

    public void OnClosed(CloseReason reason) => Closed = reason;

    public void OnDrained() => IsDrained = true;
}
