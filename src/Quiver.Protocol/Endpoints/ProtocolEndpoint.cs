using Quiver.Protocol.Connections;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Endpoints;

/// <summary>
/// What happens before there is a connection: finds the connection of a datagram, admits Initials, answers unknown versions. RFC 9000 §5.2.
/// Thread-safe by a short lock of its own; the connections of type <typeparamref name="T"/> are opaque.
/// </summary>
internal sealed class ProtocolEndpoint<T>(int idLength, bool acceptsConnections = false)
    where T : class
{
    /// <summary>A client chooses at least so many bytes for its first Destination Connection ID. RFC 9000 §7.2.</summary>
    private const int MinInitialDestination = 8;

    private readonly Lock _lock = new();
    private readonly Dictionary<ConnectionId, T> _connections = [];
    private readonly Dictionary<StatelessResetToken, (PathAddress Remote, T Connection)> _resetTokens = [];

    public bool AcceptsConnections { get; set; } = acceptsConnections;

    /// <summary>The versions in which clients may begin, most wanted first.</summary>
    public IReadOnlyList<QuicVersion> Versions { get; set; } = QuicVersions.Spoken;

    /// <summary>Ids in use, over all connections.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _connections.Count;
            }
        }
    }

    public Route<T> Route(ReadOnlySpan<byte> datagram, in DatagramArrival arrival)
    {
        if (!PacketHeader.TryRead(datagram, idLength, out PacketHeader header))
        {
            return RouteUnreadable(datagram, arrival);
        }

        lock (_lock)
        {
            if (_connections.TryGetValue(header.Destination, out T? connection))
            {
                return new Route<T>(RouteKind.Deliver, connection, default);
            }
        }

        if (header.Type == PacketType.OneRtt)
        {
            return RouteReset(datagram, arrival, RouteKind.Reset);
        }

        if (header.Type != PacketType.VersionNegotiation && !Versions.Contains(header.Version))
        {
            return RouteUnknownVersion(datagram);
        }

        if (AcceptsConnections && header.Type == PacketType.ZeroRtt && header.Destination.Length >= MinInitialDestination)
        {
            return new Route<T>(RouteKind.KeepEarly, null, ServerInitial.From(header, arrival));
        }

        // A new connection needs an Initial in a datagram of 1,200 bytes, for an id of 8 or more. RFC 9000 §7.2, §14.1.
        if (!AcceptsConnections || header.Type != PacketType.Initial || datagram.Length < PacketHeader.MinInitialDatagram
            || header.Destination.Length < MinInitialDestination)
        {
            return default;
        }

        return new Route<T>(RouteKind.Create, null, ServerInitial.From(header, arrival));
    }

    /// <summary>Routes an id to a connection; false when another has it.</summary>
    public bool TryAdd(in ConnectionId id, T connection)
    {
        lock (_lock)
        {
            return _connections.TryAdd(id, connection);
        }
    }

    public void Remove(in ConnectionId id, T connection)
    {
        lock (_lock)
        {
            if (_connections.TryGetValue(id, out T? present) && ReferenceEquals(present, connection))
            {
                _connections.Remove(id);
            }
        }
    }

    /// <summary>All connections that have an id here.</summary>
    public IReadOnlyCollection<T> Snapshot()
    {
        lock (_lock)
        {
            return new HashSet<T>(_connections.Values, ReferenceEqualityComparer.Instance);
        }
    }

    public void AddResetToken(in StatelessResetToken token, in PathAddress remote, T connection)
    {
        lock (_lock)
        {
            _resetTokens[token] = (remote, connection);
        }
    }

    public void RemoveResetToken(in StatelessResetToken token, T connection)
    {
        lock (_lock)
        {
            if (_resetTokens.TryGetValue(token, out (PathAddress Remote, T Connection) present) && ReferenceEquals(present.Connection, connection))
            {
                _resetTokens.Remove(token);
            }
        }
    }

    /// <summary>Not of a version that we speak (or not QUIC at all): a long header may be answered with the versions that we do. RFC 9000 §6.1.</summary>
    private Route<T> RouteUnreadable(ReadOnlySpan<byte> datagram, in DatagramArrival arrival)
    {
        if (!PacketHeader.TryReadInvariant(datagram, out uint version, out _, out _))
        {
            return RouteReset(datagram, arrival, RouteKind.Drop);
        }

        // Never in answer to Version Negotiation. RFC 9000 §6.1.
        return version != (uint)QuicVersion.Negotiation && !QuicVersions.IsSpoken(version) ? RouteUnknownVersion(datagram) : default;
    }

    /// <summary>Only a datagram that could begin a connection is answered: the answer is never longer. RFC 9000 §6.1, RFC 8999 §6.</summary>
    private Route<T> RouteUnknownVersion(ReadOnlySpan<byte> datagram) => AcceptsConnections && datagram.Length >= PacketHeader.MinInitialDatagram
        ? new Route<T>(RouteKind.NegotiateVersion, null, default)
        : default;

    /// <summary>A datagram for nobody may end in the reset token of a connection to its sender. RFC 9000 §10.3.1.</summary>
    private Route<T> RouteReset(ReadOnlySpan<byte> datagram, in DatagramArrival arrival, RouteKind otherwise)
    {
        if (datagram.Length < StatelessResetPacket.MinLength)
        {
            return default;
        }

        StatelessResetToken token = StatelessResetToken.Read(datagram[^StatelessResetToken.Length..]);
        lock (_lock)
        {
            return _resetTokens.TryGetValue(token, out (PathAddress Remote, T Connection) known) && known.Remote == arrival.Remote
                ? new Route<T>(RouteKind.StatelessReset, known.Connection, default)
                : new Route<T>(otherwise, null, default);
        }
    }
}
