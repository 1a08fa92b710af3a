using Quiver.Protocol.Connections;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Endpoints;

/// <summary>
/// What happens before there is a connection: finds the connection of a datagram, admits Initials, answers unknown versions. RFC 9000 §5.2.
/// Thread-safe by a short lock of its own; the connections of type <typeparamref name="T"/> are opaque.
/// </summary>
internal sealed class ProtocolEndpoint<T>(bool acceptsConnections)
    where T : class
{
    /// <summary>Length of every connection id that our connections issue.</summary>
    public const int LocalConnectionIdLength = 8;

    public bool AcceptsConnections { get; set; } = acceptsConnections;

    public Route<T> Route(ReadOnlySpan<byte> datagram, in DatagramArrival arrival) => throw new NotSupportedException();

    /// <summary>Writes the reply to a datagram routed as <see cref="RouteKind.Reply"/>; returns its length.</summary>
    public int WriteReply(ReadOnlySpan<byte> datagram, Span<byte> destination, IRandomSource random) => throw new NotSupportedException();

    public void Add(in ConnectionId id, T connection) => throw new NotSupportedException();

    public void Remove(in ConnectionId id, T connection) => throw new NotSupportedException();

    public void AddResetToken(in StatelessResetToken token, in PathAddress remote, T connection) => throw new NotSupportedException();

    public void RemoveResetToken(in StatelessResetToken token, T connection) => throw new NotSupportedException();
}
