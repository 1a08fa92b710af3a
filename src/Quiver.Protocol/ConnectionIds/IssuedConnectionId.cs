using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.ConnectionIds;

/// <summary>A connection id with its number and its reset token. RFC 9000 §5.1.1.</summary>
internal readonly record struct IssuedConnectionId(ulong SequenceNumber, ConnectionId Id, StatelessResetToken Token);
