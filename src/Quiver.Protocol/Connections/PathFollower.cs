using Quiver.Protocol.Paths;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Connections;

/// <summary>
/// A server follows its client from address to address, and finds back when it was led astray. RFC 9000 §9.3. It goes to its own preferred
/// address when the client has (§9.6).
/// </summary>
internal sealed class PathFollower(ConnectionState state, PathSwitch paths) : IPathPolicy
{
    /// <summary>A path that was probed and is not gone to within this time loses its id, and is validated again when it is.</summary>
    private static readonly TimeSpan s_candidateLifetime = TimeSpan.FromSeconds(10);

    private readonly MoveLimit _moves = new();
    private long _largestNonProbing = -1;
    private PathAddress? _leftLocal;

    private PathTable Paths => state.Paths;

    /// <summary>Nobody moves before the handshake is confirmed; with disable_active_migration only a NAT changes the client's port. RFC 9000 §9.</summary>
    public bool Admits(in DatagramArrival arrival)
    {
        if (arrival.Remote == state.Remote && arrival.Local == state.Local)
        {
            return true;
        }

        bool mayMove = state.LocalParameters is { DisableActiveMigration: false } || arrival.Remote.Ip == state.Remote.Ip || arrival.Local != state.Local;
        return state.IsHandshakeConfirmed && mayMove;
    }

    /// <summary>An address that was not seen before is owed three times the datagram. RFC 9000 §8.1.</summary>
    public NetworkPath? OnUnknownPath(in OpenedPacket packet, in DatagramArrival arrival, int datagramLength, Timestamp now)
    {
        if (IsTooLate(packet, arrival))
        {
            return null;
        }

        // Before another path takes over its id, which would go with it.
        if (Paths.IsFull)
        {
            paths.Drop(Paths.Dispensable());
        }

        var path = new NetworkPath(arrival.Local, arrival.Remote, EndpointRole.Server) { LocalId = packet.Destination };
        path.Limit.OnReceived(datagramLength);
        if (FindSameId(packet, arrival) is { } known)
        {
            // The same id from elsewhere is not the client's doing, so the id that it is reached by may go on too. RFC 9000 §9.5.
            path.PeerId = known.PeerId;
        }

        Paths.Add(path);

        // A probe may be the first of more; from a preferred address the server must probe too. RFC 9000 §9.6.2, §9.6.3.
        paths.StartValidation(path, now);
        return path;
    }

    /// <summary>If it is the newest, the client is there now. RFC 9000 §9.3.</summary>
    public void OnNonProbingPacket(NetworkPath path, in OpenedPacket packet, Timestamp now)
    {
        if ((long)packet.PacketNumber <= _largestNonProbing)
        {
            return;
        }

        _largestNonProbing = (long)packet.PacketNumber;
        Paths.Awaited = null;
        bool hasNewId = packet.Destination != Paths.Active.LocalId;
        path.LocalId = packet.Destination;
        if (path == Paths.Active || !Paths.Contains(path) || path.Local == _leftLocal)
        {
            return;
        }

        if (path.Local != Paths.Active.Local && !path.IsValidated)
        {
            // To the preferred address only once the way from there is validated. RFC 9000 §9.6.2.
            Paths.Awaited = path;
            Ask(path, now);
            return;
        }

        // Back to where the client certainly was is always allowed, or somebody's copies could keep it away. Without an id nothing could be sent.
        if ((path == Paths.Settled || _moves.TryTake(state.Recovery.Rtt.Smoothed, now)) && PathSwitch.TryEquip(state, path, isToBeUsed: true))
        {
            MoveTo(path, hasNewId, now);
        }
    }

    public void OnValidated(NetworkPath path, Timestamp now)
    {
        if (path == Paths.Awaited && PathSwitch.TryEquip(state, path, isToBeUsed: true))
        {
            Paths.Awaited = null;
            MoveTo(path, hasNewId: true, now);
        }
        else if (path == Paths.Active)
        {
            Settle(path, now);
        }
        else if (path != Paths.Settled)
        {
            path.ForgetAt = Timestamp.Min(path.ForgetAt, now + s_candidateLifetime);
        }
    }

    public void OnFailed(NetworkPath path, Timestamp now)
    {
        if (path == Paths.Settled)
        {
            // Nothing better is known: a packet of the peer, or the idle time-out, decides.
            return;
        }

        if (path == Paths.Active)
        {
            // Back to where the peer certainly was. RFC 9000 §9.3.2.
            paths.Activate(Paths.Settled);
        }

        paths.Drop(path);
    }

    private void MoveTo(NetworkPath path, bool hasNewId, Timestamp now)
    {
        NetworkPath previous = Paths.Active;
        NetworkPath settled = Paths.Settled;

        // Without a new id it may be a copy of the peer's packet: the peer is asked at its old address too, and its answer from there
        // brings us back. RFC 9000 §9.3.3. With a new id it meant to move, and our new id is not for its old address (§9.5).
        if (!hasNewId && settled != path)
        {
            Ask(settled, now);
        }

        paths.Activate(path);
        if (previous != settled)
        {
            // Validation of other addresses is abandoned. RFC 9000 §9.3.
            paths.Drop(previous);
        }

        if (path.IsValidated)
        {
            Settle(path, now);
        }
        else
        {
            Ask(path, now);
        }
    }

    private void Settle(NetworkPath path, Timestamp now)
    {
        NetworkPath old = Paths.Settled;
        paths.Settle(path, now);
        if (old == path)
        {
            return;
        }

        if (old.Local != path.Local)
        {
            _leftLocal = old.Local;
        }

        paths.Leave(old, now);
    }

    private void Ask(NetworkPath path, Timestamp now)
    {
        if (!path.Validator.IsRunning)
        {
            paths.StartValidation(path, now);
        }
    }

    private NetworkPath? FindSameId(in OpenedPacket packet, in DatagramArrival arrival)
    {
        for (int i = 0; i < Paths.Count; i++)
        {
            if (Paths[i].LocalId == packet.Destination && Paths[i].Local == arrival.Local)
            {
                return Paths[i];
            }
        }

        return null;
    }

    /// <summary>A client that has gone to the preferred address sends nothing new to the one before. RFC 9000 §9.6.2.</summary>
    private bool IsTooLate(in OpenedPacket packet, in DatagramArrival arrival) =>
        arrival.Local == _leftLocal && (long)packet.PacketNumber > _largestNonProbing;
}
