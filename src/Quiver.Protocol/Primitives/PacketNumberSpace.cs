namespace Quiver.Protocol.Primitives;

/// <summary>The three packet number spaces. RFC 9000 §12.3.</summary>
internal enum PacketNumberSpace
{
    Initial = 0,
    Handshake = 1,
    Application = 2,
}
