using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Connections;

/// <summary>How a datagram came in. Local is the address it was sent to.</summary>
internal readonly record struct DatagramArrival(PathAddress Local, PathAddress Remote, EcnCodepoint Ecn);
