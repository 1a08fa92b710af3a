namespace Quiver.Protocol.Primitives;

/// <summary>A version on the wire. RFC 9000 §15.</summary>
internal enum QuicVersion : uint
{
    Negotiation = 0,
    V1 = 1,
}
