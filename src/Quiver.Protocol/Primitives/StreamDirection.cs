namespace Quiver.Protocol.Primitives;

/// <summary>Whether both ends or only the initiator may send on a stream. RFC 9000 §2.1.</summary>
internal enum StreamDirection
{
    Bidirectional = 0,
    Unidirectional = 1,
}
