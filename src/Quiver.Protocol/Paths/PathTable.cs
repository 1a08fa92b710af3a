using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Paths;

/// <summary>The addresses of the peer that are known: the one in use, the last that was validated, and a few more.</summary>
internal sealed class PathTable
{
    /// <summary>Paths kept, since a peer (or who copies its packets) can come from any number: the one in use, the one to fall back to, and two that are tried.</summary>
    public const int MaxPaths = 4;

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

    public int Count => _paths.Count;

    /// <summary>When some validation needs attention.</summary>
    public Timestamp Deadline
    {
        get
        {
            Timestamp next = Timestamp.Never;
            foreach (NetworkPath path in _paths)
            {
                next = Timestamp.Min(next, path.Validator.Deadline);
            }

            return next;
        }
    }

    public NetworkPath this[int index] => _paths[index];

    public NetworkPath? Find(in PathAddress remote)
    {
        foreach (NetworkPath path in _paths)
        {
            if (path.Remote == remote)
            {
                return path;
            }
        }

        return null;
    }

    /// <summary>Enters a path; when there are too many, the oldest that is neither in use nor the one to fall back to goes, unvalidated ones first.</summary>
    public void Add(NetworkPath path)
    {
        if (_paths.Count == MaxPaths)
        {
            NetworkPath? oldest = null;
            foreach (NetworkPath known in _paths)
            {
                if (known != Active && known != Settled && (oldest is null || (oldest.Limit.IsValidated && !known.Limit.IsValidated)))
                {
                    oldest = known;
                }
            }

            _paths.Remove(oldest!); // two at most are kept whatever comes
        }

        _paths.Add(path);
    }

    public void Activate(NetworkPath path) => Active = path;

    public void Settle(NetworkPath path) => Settled = path;

    public void Remove(NetworkPath path) => _paths.Remove(path);
}
