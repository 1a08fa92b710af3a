namespace Quiver.Protocol.Packets;

/// <summary>What kind of packet a header announces. RFC 9000 §17.</summary>
internal enum PacketType
{
    Initial,
    ZeroRtt,
    Handshake,
    Retry,
    VersionNegotiation,
    OneRtt,
}
