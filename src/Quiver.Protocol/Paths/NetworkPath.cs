using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Paths;

/// <summary>One address of the peer: what may be sent there, and whether it has been shown to be the peer's. RFC 9000 §8.2, §9.</summary>
internal sealed class NetworkPath(in PathAddress local, in PathAddress remote, in ConnectionId localId, bool isValidated)
{
    /// <summary>Our address, as the peer reaches it.</summary>
    public PathAddress Local { get; set; } = local;

    public PathAddress Remote { get; } = remote;

    /// <summary>The id of ours by which the peer last sent from here: a new one shows a move on purpose. RFC 9000 §9.5.</summary>
    public ConnectionId LocalId { get; set; } = localId;

    public AmplificationLimit Limit { get; } = new(isValidated);

    public PathValidator Validator { get; } = new();
}
