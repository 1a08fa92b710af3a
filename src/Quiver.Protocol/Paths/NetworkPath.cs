using Quiver.Protocol.ConnectionIds;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Paths;

/// <summary>
/// A pair of addresses that the connection uses or may use: what may be sent there, by which id, and whether it has been shown to lead to
/// the peer. RFC 9000 §8.2, §9.
/// </summary>
internal sealed class NetworkPath(in PathAddress local, in PathAddress remote, EndpointRole role)
{
    /// <summary>Our address, as the peer reaches it.</summary>
    public PathAddress Local { get; } = local;

    /// <summary>The peer's. A client that dialled an unspecified address learns the true one from the first answer.</summary>
    public PathAddress Remote { get; set; } = remote;

    /// <summary>Server: the id of ours by which the client last sent from here; a new one shows a move on purpose. RFC 9000 §9.5.</summary>
    public ConnectionId LocalId { get; set; }

    /// <summary>The peer's id that is sent to; null before anything was.</summary>
    public UsedPeerId? PeerId { get; set; }

    /// <summary>Whether packets are known to get there, and back.</summary>
    public bool IsValidated { get; private set; }

    /// <summary>When it goes, with its id: what is still under way comes by it until then. Never while it is of use.</summary>
    public Timestamp ForgetAt { get; set; } = Timestamp.Never;

    /// <summary>Client: the application has no more use for it, so it goes when the connection has moved elsewhere.</summary>
    public bool IsUnwanted { get; set; }

    /// <summary>A client knows that its server wants its packets: only the server's bytes to it are limited. RFC 9000 §8.1.</summary>
    public AmplificationLimit Limit { get; } = new(isValidated: role == EndpointRole.Client);

    public PathValidator Validator { get; private set; } = new();

    /// <summary>Whether a datagram came this way. A socket that cannot tell its own address says only its port.</summary>
    public bool Carries(in PathAddress local, in PathAddress remote) =>
        Remote == remote && (Local == local || (local.IsUnspecified && Local.Port == local.Port));

    /// <summary>Client: this one leads where the other led from the same address of ours, and the other where this one did.</summary>
    public void Swap(NetworkPath other)
    {
        (Remote, other.Remote) = (other.Remote, Remote);
        (PeerId, other.PeerId) = (other.PeerId, PeerId);
        (IsValidated, other.IsValidated) = (other.IsValidated, IsValidated);
        (Validator, other.Validator) = (other.Validator, Validator);
    }

    public void OnValidated()
    {
        IsValidated = true;
        Limit.OnValidated();
    }
}
