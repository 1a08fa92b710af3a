using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.ConnectionIds;

/// <summary>Where the ids of an endpoint come from. All have one length, since short headers do not say how long they are. RFC 9000 §5.1.</summary>
internal interface IConnectionIdSource
{
    /// <summary>0 to 20.</summary>
    int Length { get; }

    ConnectionId Create();

    /// <summary>The token that resets the connection of an id: the same for the same id, also when the connection is forgotten. RFC 9000 §10.3.2.</summary>
    StatelessResetToken TokenFor(in ConnectionId id);
}
