namespace Quiver.Protocol.Primitives;

/// <summary>The two ECN bits of the IP header. RFC 3168 §5.</summary>
internal enum EcnCodepoint : byte
{
    NotEct = 0,
    Ect1 = 1,
    Ect0 = 2,
    Ce = 3,
}
