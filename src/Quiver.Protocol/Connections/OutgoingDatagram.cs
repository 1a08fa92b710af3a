using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Connections;

/// <summary>Where a built datagram of <paramref name="Length"/> bytes goes.</summary>
internal readonly record struct OutgoingDatagram(int Length, PathAddress Local, PathAddress Remote, EcnCodepoint Ecn);
