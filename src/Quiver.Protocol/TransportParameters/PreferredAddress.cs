using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.TransportParameters;

/// <summary>An address that the server would rather be reached at. RFC 9000 §9.6, §18.2.</summary>
internal sealed record PreferredAddress(
    PathAddress? IPv4, PathAddress? IPv6, ConnectionId ConnectionId, StatelessResetToken ResetToken);
