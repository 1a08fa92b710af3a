namespace Quiver.Protocol.Primitives;

/// <summary>A version on the wire. RFC 9000 §15.</summary>
internal enum QuicVersion : uint
{
    Negotiation = 0,
    V1 = 1,

    /// <summary>RFC 9369 §3.1.</summary>
    V2 = 0x6B33_43CF,
}
