using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Connections;

/// <summary>What an endpoint reads from the first Initial packet of a connection it may accept.</summary>
internal readonly record struct ServerInitial(
    QuicVersion Version,
    ConnectionId DestinationConnectionId,
    ConnectionId SourceConnectionId,
    PathAddress Local,
    PathAddress Remote);
