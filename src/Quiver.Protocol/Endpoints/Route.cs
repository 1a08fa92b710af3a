using Quiver.Protocol.Connections;

namespace Quiver.Protocol.Endpoints;

/// <summary>Where a datagram goes.</summary>
internal readonly record struct Route<T>(RouteKind Kind, T? Connection, ServerInitial Initial)
    where T : class;
