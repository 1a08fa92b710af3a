using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Connections;

/// <summary>What an endpoint reads from the first Initial packet of a connection it may accept.</summary>
internal readonly record struct ServerInitial(
    QuicVersion Version,
    ConnectionId DestinationConnectionId,
    ConnectionId SourceConnectionId,
    PathAddress Local,
    PathAddress Remote)
{
    /// <summary>The client's first Destination Connection ID: before a Retry, if there was one. RFC 9000 §7.3.</summary>
    public ConnectionId OriginalDestination { get; init; } = DestinationConnectionId;

    /// <summary>The Source Connection ID of the Retry that the client followed.</summary>
    public ConnectionId? RetrySource { get; init; }

    /// <summary>Whether a token has proven that the client can receive at its address. RFC 9000 §8.1.</summary>
    public bool IsAddressValidated { get; init; }

    public static ServerInitial From(in PacketHeader header, in DatagramArrival arrival) =>
        new(header.Version, header.Destination, header.Source, arrival.Local, arrival.Remote);
}
