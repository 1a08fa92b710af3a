using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Connections;

/// <summary>A packet that is written but not yet protected. Offsets are in the datagram; the payload's end leaves out the tag.</summary>
internal readonly record struct PendingPacket(
    PacketSpace Space, EncryptionLevel Level, ulong Number, int Offset, int NumberOffset, int NumberLength, int PayloadEnd);
