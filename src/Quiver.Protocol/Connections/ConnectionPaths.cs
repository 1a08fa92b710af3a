using Quiver.Protocol.Paths;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Connections;

/// <summary>Which path each packet came by, and how the validation of paths goes; what follows from it is the role's to say. RFC 9000 §8.2, §9.</summary>
internal sealed class ConnectionPaths
{
    private readonly ConnectionState _state;
    private readonly PathSwitch _switch;
    private readonly IPathPolicy _policy;

    public ConnectionPaths(ConnectionState state)
    {
        _state = state;
        _switch = new PathSwitch(state);
        Migrator = state.Role == EndpointRole.Client ? new PathMigrator(state, _switch) : null;
        _policy = Migrator ?? (IPathPolicy)new PathFollower(state, _switch);
    }

    /// <summary>A client's; null on a server, which cannot migrate.</summary>
    public PathMigrator? Migrator { get; }

    public bool Admits(in DatagramArrival arrival) => _policy.Admits(arrival);

    public void OnDatagram(in DatagramArrival arrival, int length)
    {
        if (_state.Role == EndpointRole.Server)
        {
            _state.Paths.Find(arrival.Local, arrival.Remote)?.Limit.OnReceived(length);
            _switch.NoticeLimit();
        }
    }

    /// <summary>A packet was authenticated: its path is known from now on. Null: it is not to be taken.</summary>
    public NetworkPath? OnAuthenticated(in OpenedPacket packet, in DatagramArrival arrival, int datagramLength, Timestamp now) =>
        _state.Paths.Find(arrival.Local, arrival.Remote) ?? _policy.OnUnknownPath(packet, arrival, datagramLength, now);

    public void OnNonProbingPacket(NetworkPath path, in OpenedPacket packet, Timestamp now) => _policy.OnNonProbingPacket(path, packet, now);

    /// <summary>A PATH_RESPONSE came, wherever from: it counts for the path that was asked. RFC 9000 §8.2.3.</summary>
    public void OnResponse(ulong data, Timestamp now)
    {
        for (int i = 0; i < _state.Paths.Count; i++)
        {
            NetworkPath path = _state.Paths[i];
            if (!path.Validator.TryAccept(data, out bool isFullSize))
            {
                continue;
            }

            path.OnValidated();
            if (!isFullSize)
            {
                // The address is the peer's; that the path carries full datagrams is yet to be seen. RFC 9000 §8.2.3.
                _switch.StartValidation(path, now);
            }

            _policy.OnValidated(path, now);
            _switch.NoticeLimit();
            return;
        }
    }

    public void OnTimeout(Timestamp now)
    {
        for (int i = _state.Paths.Count - 1; i >= 0; i--)
        {
            if (i >= _state.Paths.Count)
            {
                // What followed from one took others away.
                continue;
            }

            NetworkPath path = _state.Paths[i];
            if (path.Validator.OnTimeout(now))
            {
                _policy.OnFailed(path, now);
            }
            else if (path.ForgetAt <= now)
            {
                _switch.Drop(path);
            }
        }
    }
}
