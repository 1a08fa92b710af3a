using Quiver.Protocol.Paths;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Connections;

/// <summary>What the two roles do about paths: a server follows, a client leads. RFC 9000 §9.</summary>
internal interface IPathPolicy
{
    /// <summary>Whether a datagram is looked at at all.</summary>
    bool Admits(in DatagramArrival arrival);

    /// <summary>The path of an authenticated packet that came by none that is known; null: the packet is not taken.</summary>
    NetworkPath? OnUnknownPath(in OpenedPacket packet, in DatagramArrival arrival, int datagramLength, Timestamp now);

    /// <summary>A 1-RTT packet with more than probing frames came by a path.</summary>
    void OnNonProbingPacket(NetworkPath path, in OpenedPacket packet, Timestamp now);

    /// <summary>A challenge was answered.</summary>
    void OnValidated(NetworkPath path, Timestamp now);

    /// <summary>No challenge was answered in time.</summary>
    void OnFailed(NetworkPath path, Timestamp now);
}
