using Quiver.Protocol.ConnectionIds;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Paths;

/// <summary>The paths that are known: the one in use, the last in use that was validated, and a few more.</summary>
internal sealed class PathTable
{
    /// <summary>
    /// Paths kept, since a peer (or who copies its packets) can come from any number of addresses, and each path of ours needs an id of the
    /// peer's: the one in use, the one to fall back to, and two that are tried.
    /// </summary>
    public const int MaxPaths = PeerConnectionIds.ActiveLimit;

    private readonly List<NetworkPath> _paths = new(MaxPaths);

    public PathTable(NetworkPath first)
    {
        _paths.Add(first);
        Active = Settled = first;
    }

    /// <summary>Where everything but probes goes.</summary>
    public NetworkPath Active { get; private set; }

    /// <summary>The last path in use that was validated: the congestion state is of it, and a spurious move returns to it. RFC 9000 §9.3.2.</summary>
    public NetworkPath Settled { get; private set; }

    /// <summary>Server: where the client is already, and is followed to once the way there is validated.</summary>
    public NetworkPath? Awaited { get; set; }

    public int Count => _paths.Count;

    public bool IsFull => _paths.Count == MaxPaths;

    /// <summary>When some validation needs attention, or a path is to be forgotten.</summary>
    public Timestamp Deadline
    {
        get
        {
            Timestamp next = Timestamp.Never;
            foreach (NetworkPath path in _paths)
            {
                next = Timestamp.Min(next, Timestamp.Min(path.Validator.Deadline, path.ForgetAt));
            }

            return next;
        }
    }

    public NetworkPath this[int index] => _paths[index];

    /// <summary>The path of a datagram between two addresses.</summary>
    public NetworkPath? Find(in PathAddress local, in PathAddress remote)
    {
        if (Active.Carries(local, remote))
        {
            return Active;
        }

        foreach (NetworkPath path in _paths)
        {
            if (path.Carries(local, remote))
            {
                return path;
            }
        }

        return null;
    }

    public bool Contains(NetworkPath path) => _paths.Contains(path);

    /// <summary>Whether another path has the same id of the peer's.</summary>
    public bool SharesPeerId(NetworkPath path)
    {
        foreach (NetworkPath other in _paths)
        {
            if (other != path && other.PeerId == path.PeerId)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What has to go before a server can add another path: the oldest that is neither in use nor the one to fall back to, unvalidated ones first.</summary>
    public NetworkPath Dispensable()
    {
        NetworkPath? oldest = null;
        foreach (NetworkPath known in _paths)
        {
            if (known != Active && known != Settled && (oldest is null || (oldest.IsValidated && !known.IsValidated)))
            {
                oldest = known;
            }
        }

        return oldest!; // asked for when the table is full, of which two at most are kept whatever comes
    }

    /// <summary>A path that is about to be forgotten.</summary>
    public NetworkPath? FindLeaving()
    {
        foreach (NetworkPath known in _paths)
        {
            if (known.ForgetAt != Timestamp.Never)
            {
                return known;
            }
        }

        return null;
    }

    public void Add(NetworkPath path) => _paths.Add(path);

    public void Activate(NetworkPath path) => Active = path;

    public void Settle(NetworkPath path) => Settled = path;

    public void Remove(NetworkPath path)
    {
        _paths.Remove(path);
        Awaited = Awaited == path ? null : Awaited;
    }
}
