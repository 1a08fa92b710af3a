using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.ConnectionIds;

/// <summary>
/// The id of the peer that one path sends to, or two: when the peer's address changed without its doing, the id goes on. The peer can have
/// it replaced at any time. Changed by <see cref="PeerConnectionIds"/> alone. RFC 9000 §9.5.
/// </summary>
internal sealed class UsedPeerId(in IssuedConnectionId issued)
{
    public IssuedConnectionId Issued { get; set; } = issued;

    public ConnectionId Id => Issued.Id;

    /// <summary>The peer's address to which packets with the id go: resets come from there. RFC 9000 §10.3.1.</summary>
    public PathAddress Remote { get; set; }

    /// <summary>Whether the id's reset token is known, and its owner told.</summary>
    public bool HasToken { get; set; }

    /// <summary>The peer had it retired and gave no other: nothing can be sent with it. RFC 9000 §5.1.2.</summary>
    public bool IsRetired { get; set; }
}
