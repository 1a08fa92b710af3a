using Quiver.Protocol.Paths;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.Connections;

/// <summary>
/// A server follows its client from address to address, and finds back when it was led astray. RFC 9000 §9.3. A client stays at the
/// address of its server.
/// </summary>
internal sealed class PathFollower(ConnectionState state)
{
    /// <summary>A probe time-out on a path without a round trip yet. RFC 9000 §8.2.4.</summary>
    private static readonly TimeSpan s_initialProbePeriod = 3 * RttEstimator.InitialRtt;

    private long _largestNonProbing = -1;

    private PathTable Paths => state.Paths;

    /// <summary>
    /// Whether a datagram from there is looked at: a client discards those from elsewhere than its server, and nobody moves before the
    /// handshake is confirmed. RFC 9000 §9.
    /// </summary>
    public bool Admits(in PathAddress remote) =>
        remote == state.Remote || (state.Role == EndpointRole.Server && state.IsHandshakeConfirmed);

    public void OnDatagram(in PathAddress remote, int length)
    {
        Paths.Find(remote)?.Limit.OnReceived(length);
        NoticeLimit();
    }

    /// <summary>A packet was authenticated: its address is known from now on, and owed three times the datagram. RFC 9000 §8.1.</summary>
    public NetworkPath OnAuthenticated(in OpenedPacket packet, in DatagramArrival arrival, int datagramLength)
    {
        if (Paths.Find(arrival.Remote) is { } known)
        {
            return known;
        }

        var path = new NetworkPath(arrival.Local, arrival.Remote, packet.Destination, isValidated: false);
        path.Limit.OnReceived(datagramLength);
        Paths.Add(path);
        return path;
    }

    /// <summary>A 1-RTT packet with more than probing frames came by a path: if it is the newest, the peer is there. RFC 9000 §9.3.</summary>
    public void OnNonProbingPacket(NetworkPath path, in OpenedPacket packet, in DatagramArrival arrival, Timestamp now)
    {
        if (state.Role == EndpointRole.Client || (long)packet.PacketNumber <= _largestNonProbing)
        {
            return;
        }

        _largestNonProbing = (long)packet.PacketNumber;
        bool hasNewId = packet.Destination != Paths.Active.LocalId;
        path.LocalId = packet.Destination;
        if (path != Paths.Active)
        {
            path.Local = arrival.Local;
            MoveTo(path, hasNewId, now);
        }
        else if (path.Local != arrival.Local)
        {
            path.Local = arrival.Local;
            state.Events.OnPathChanged(path.Local, path.Remote);
        }
    }

    public void OnResponse(ulong data, Timestamp now)
    {
        for (int i = 0; i < Paths.Count; i++)
        {
            NetworkPath path = Paths[i];
            if (!path.Validator.TryAccept(data, out bool isFullSize))
            {
                continue;
            }

            path.Limit.OnValidated();
            if (!isFullSize)
            {
                // The address is the peer's; that the path carries full datagrams is yet to be seen. RFC 9000 §8.2.3.
                StartValidation(path, now);
            }

            if (path == Paths.Active)
            {
                Settle(path);
                NoticeLimit();
            }

            return;
        }
    }

    public void OnTimeout(Timestamp now)
    {
        for (int i = Paths.Count - 1; i >= 0; i--)
        {
            if (Paths[i].Validator.OnTimeout(now))
            {
                OnFailed(Paths[i]);
            }
        }
    }

    private void MoveTo(NetworkPath path, bool hasNewId, Timestamp now)
    {
        NetworkPath previous = Paths.Active;
        NetworkPath settled = Paths.Settled;
        Paths.Activate(path);
        if (!previous.Limit.IsValidated)
        {
            previous.Validator.Stop();
        }

        // Without a new id it may be a copy of the peer's packet: the peer is asked at its old address too, and its answer from there
        // brings us back. RFC 9000 §9.3.3. With a new id it meant to move, and our new id is not for its old address (§9.5).
        if (!hasNewId && settled != path && !settled.Validator.IsRunning)
        {
            StartValidation(settled, now);
        }

        if (path.Limit.IsValidated)
        {
            Settle(path);
        }
        else
        {
            StartValidation(path, now);
        }

        OnMoved(hasNewId);
    }

    private void OnMoved(bool hasNewId)
    {
        state.Recovery.OnPathChanged();
        NoticeLimit();

        // First the address: reset tokens are bound to it.
        state.Events.OnPathChanged(state.Local, state.Remote);
        state.PeerIds.OnPathChanged(hasNewId);
    }

    /// <summary>The path in use is the peer's: it gets a congestion state of its own, unless only the port is another. RFC 9000 §9.4.</summary>
    private void Settle(NetworkPath path)
    {
        NetworkPath old = Paths.Settled;
        if (old == path)
        {
            return;
        }

        Paths.Settle(path);
        state.Recovery.RestartEcn();
        if (old.Remote.Ip != path.Remote.Ip)
        {
            state.Recovery.StartAnew();
        }

        if (!old.Validator.IsRunning)
        {
            Paths.Remove(old);
        }
    }

    private void OnFailed(NetworkPath path)
    {
        if (path == Paths.Settled)
        {
            // Nothing better is known: a packet of the peer, or the idle time-out, decides.
            return;
        }

        if (path == Paths.Active)
        {
            // Back to where the peer certainly was. RFC 9000 §9.3.2.
            Paths.Activate(Paths.Settled);
            OnMoved(hasNewId: false);
        }

        Paths.Remove(path);
    }

    private void StartValidation(NetworkPath path, Timestamp now)
    {
        TimeSpan period = state.ProbePeriod;
        path.Validator.Start(period > s_initialProbePeriod ? period : s_initialProbePeriod, now);
    }

    private void NoticeLimit() => state.Recovery.IsBlockedByAmplification = state.Amplification.Available < ConnectionState.BaseDatagramSize;
}
