using Quiver.Protocol.Paths;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.TransportParameters;

namespace Quiver.Protocol.Connections;

/// <summary>A client tries other paths and moves to them, and to its server's preferred address. RFC 9000 §9.1, §9.2, §9.6.</summary>
internal sealed class PathMigrator(ConnectionState state, PathSwitch paths) : IPathPolicy
{
    /// <summary>One may be by chance.</summary>
    private const int SilentProbeTimeouts = 2;

    private readonly List<(NetworkPath Asked, NetworkPath Twin)> _twins = [];
    private NetworkPath? _preferred;
    private bool _hasBegun;

    /// <summary>Whether the server's wish to stay where it is still holds: not once it has led us elsewhere itself. RFC 9000 §9.</summary>
    private bool IsDisabled => state.PeerParameters is { DisableActiveMigration: true } && !HasPreferred;

    private bool HasPreferred => _preferred is { IsValidated: true };

    private PathTable Paths => state.Paths;

    /// <summary>A client discards what does not come from an address of its server. RFC 9000 §9.</summary>
    public bool Admits(in DatagramArrival arrival)
    {
        for (int i = 0; i < Paths.Count; i++)
        {
            if (Paths[i].Remote == arrival.Remote)
            {
                return true;
            }
        }

        return IsDialled(arrival.Remote);
    }

    public NetworkPath? OnUnknownPath(in OpenedPacket packet, in DatagramArrival arrival, int datagramLength, Timestamp now)
    {
        if (IsDialled(arrival.Remote))
        {
            Paths.Active.Remote = arrival.Remote;
            state.PeerIds.Activate(state.PeerIds.Active, arrival.Remote);
            state.Events.OnPathChanged(state.Local, arrival.Remote);
            return Paths.Active;
        }

        // To an address of ours that is not of any path: what counts is that it is from the server, and to our port.
        NetworkPath? sameServer = null;
        for (int i = 0; i < Paths.Count; i++)
        {
            if (Paths[i].Remote == arrival.Remote && Paths[i].Local.Port == arrival.Local.Port)
            {
                sameServer = sameServer is null || Paths[i] == Paths.Active ? Paths[i] : sameServer;
            }
        }

        return sameServer;
    }

    public void OnNonProbingPacket(NetworkPath path, in OpenedPacket packet, Timestamp now)
    {
        // The server answers where we are.
    }

    /// <summary>The handshake is confirmed: what waited for that is tried. RFC 9000 §9.</summary>
    public void TryBegin(Timestamp now)
    {
        if (_hasBegun || !state.IsHandshakeConfirmed)
        {
            return;
        }

        _hasBegun = true;
        Paths.Active.OnValidated();
        for (int i = Paths.Count - 1; i >= 0; i--)
        {
            NetworkPath waiting = Paths[i];
            if (waiting.IsValidated)
            {
                continue;
            }

            if (IsDisabled || state.PeerIds.Current.Length == 0)
            {
                paths.Drop(waiting);
            }
            else
            {
                paths.StartValidation(waiting, now);
            }
        }

        if (state is { Settings.UsesPreferredAddress: true, PeerParameters.PreferredAddress: { } preferred })
        {
            Offer(preferred);
        }
    }

    /// <summary>
    /// Tries a path from another address of ours to the server; the events tell what came of it. While the server's preferred address is being
    /// tried, the way there from the new one is tried at the same time, and is the path that was asked for if it answers. RFC 9000 §9.6.3.
    /// </summary>
    public PathAdmission TryAdd(in PathAddress local, Timestamp now, out NetworkPath? path)
    {
        path = null;
        if (IsDisabled)
        {
            return PathAdmission.Disabled;
        }

        PathAdmission admission = TryAdd(local, state.Remote, now, out path);
        if (path is not null && _preferred is { IsValidated: false } preferred && Paths.Contains(preferred) && preferred.Remote.IsIPv4 == local.IsIPv4
            && TryAdd(local, preferred.Remote, now, out NetworkPath? twin) == PathAdmission.Tried)
        {
            _twins.RemoveAll(pair => !Paths.Contains(pair.Twin));
            _twins.Add((path, twin!)); // it is tried
        }

        return admission;
    }

    /// <summary>Tries the server's preferred address, and moves there if it answers. RFC 9000 §9.6.1.</summary>
    public PathAdmission TryAddPreferred(in PathAddress local, in PathAddress remote, Timestamp now, out NetworkPath? path)
    {
        PathAdmission admission = TryAdd(local, remote, now, out path);
        _preferred = path ?? _preferred;
        return admission;
    }

    /// <summary>Moves to a path that was validated; false when it is not known any more.</summary>
    public bool TryMigrate(NetworkPath path, Timestamp now)
    {
        if (!Paths.Contains(path) || !path.IsValidated || path.ForgetAt != Timestamp.Never || !PathSwitch.TryEquip(state, path, isToBeUsed: true))
        {
            return false;
        }

        if (path != Paths.Active)
        {
            NetworkPath left = Paths.Active;
            paths.Activate(path);
            paths.Settle(path, now);
            if (left.IsUnwanted)
            {
                paths.Leave(left, now);
            }

            // The server follows the first packet that is more than a probe. RFC 9000 §9.3.
            state.Ping.Request();
        }

        return true;
    }

    /// <summary>The application needs the path no more; one in use stays until another is.</summary>
    public void Remove(NetworkPath path, Timestamp now)
    {
        path.IsUnwanted = true;
        if (TwinOf(path) is { } twin)
        {
            paths.Drop(twin);
        }

        if (path == Paths.Active || !Paths.Contains(path))
        {
            return;
        }

        if (path.IsValidated)
        {
            paths.Leave(path, now);
        }
        else
        {
            paths.Drop(path);
        }
    }

    /// <summary>
    /// The server does not answer. When we were in many places in a short time it may have no id of ours left for this one, and what it
    /// gives back goes where we were: so it gets another. RFC 9000 §9.5.
    /// </summary>
    public void OnProbeTimeouts(int inARow)
    {
        if (inARow >= SilentProbeTimeouts && state.IsHandshakeConfirmed)
        {
            state.LocalIds.Add();
        }
    }

    public void OnValidated(NetworkPath path, Timestamp now)
    {
        NetworkPath? asked = AskedBeside(path);
        _twins.RemoveAll(pair => pair.Twin == path);
        if (path == _preferred || asked == Paths.Active)
        {
            if (TryMigrate(path, now))
            {
                LeaveOthersThan(path.Remote, now);
            }
        }
        else if (asked is not null)
        {
            TakePlace(asked, path);
            path = asked;
        }

        state.Events.OnPathValidated(path);
    }

    public void OnFailed(NetworkPath path, Timestamp now)
    {
        if (TwinOf(path) is { } twin)
        {
            // The server may answer at its preferred address yet.
            TakePlace(path, twin);
            return;
        }

        paths.Drop(path);
    }

    /// <summary>The server's old address is not used any more, nor validated. RFC 9000 §9.6.1, §9.6.3.</summary>
    private void LeaveOthersThan(in PathAddress preferred, Timestamp now)
    {
        for (int i = Paths.Count - 1; i >= 0; i--)
        {
            if (i >= Paths.Count || Paths[i].Remote == preferred)
            {
                continue;
            }

            NetworkPath other = Paths[i];
            if (other != Paths.Active && TwinOf(other) is { } twin)
            {
                TakePlace(other, twin);
            }
            else
            {
                Remove(other, now);
            }
        }
    }

    /// <summary>The path that was asked for leads to the preferred address from now on.</summary>
    private void TakePlace(NetworkPath asked, NetworkPath twin)
    {
        asked.Swap(twin);
        paths.Drop(twin);
    }

    private NetworkPath? TwinOf(NetworkPath asked) => _twins.Find(pair => pair.Asked == asked && Paths.Contains(pair.Twin)).Twin;

    private NetworkPath? AskedBeside(NetworkPath twin) => _twins.Find(pair => pair.Twin == twin && Paths.Contains(pair.Asked)).Asked;

    private PathAdmission TryAdd(in PathAddress local, in PathAddress remote, Timestamp now, out NetworkPath? path)
    {
        path = null;
        if (state.IsClosing)
        {
            return PathAdmission.Ended;
        }

        if (state.IsHandshakeConfirmed && state.PeerIds.Current.Length == 0)
        {
            return PathAdmission.NoConnectionIds;
        }

        for (int i = 0; i < Paths.Count; i++)
        {
            if (Paths[i].Local == local && Paths[i].Remote == remote)
            {
                return PathAdmission.Known;
            }
        }

        if (Paths.IsFull && Paths.FindLeaving() is { } leaving)
        {
            paths.Drop(leaving);
        }

        if (Paths.IsFull)
        {
            return PathAdmission.TooMany;
        }

        path = new NetworkPath(local, remote, EndpointRole.Client);
        Paths.Add(path);
        if (_hasBegun)
        {
            paths.StartValidation(path, now);
        }

        return PathAdmission.Tried;
    }

    /// <summary>Of the two the one of the family in use comes first; one that the client must not be sent to is left out. RFC 9000 §9.6.3, §21.5.3.</summary>
    private void Offer(PreferredAddress preferred)
    {
        PathAddress? same = state.Remote.IsIPv4 ? preferred.IPv4 : preferred.IPv6;
        PathAddress? other = state.Remote.IsIPv4 ? preferred.IPv6 : preferred.IPv4;
        PathAddress? allowed = IsAllowed(same) ? same : IsAllowed(other) ? other : null;
        if (allowed is PathAddress address)
        {
            state.Events.OnPreferredAddress(address);
        }
    }

    private bool IsAllowed(PathAddress? address) => address is PathAddress given && given != state.Remote && PreferredAddressRules.Allows(given, state.Remote);

    /// <summary>
    /// Whether this is where the client's first datagrams went: to 0.0.0.0 or ::, which is this host by one of its addresses, or to a link-local
    /// address without its interface. Only until the first answer.
    /// </summary>
    private bool IsDialled(in PathAddress remote)
    {
        PathAddress dialled = state.Remote;
        return state.Phase == ConnectionPhase.Handshaking && remote.Port == dialled.Port && remote.IsIPv4 == dialled.IsIPv4
            && (dialled.IsUnspecified || (remote.Ip == dialled.Ip && dialled.ScopeId == 0));
    }
}
