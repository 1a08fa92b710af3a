namespace Quiver.Protocol.Primitives;

/// <summary>The keys a packet or a handshake message is protected with. RFC 9001 §2.1.</summary>
internal enum EncryptionLevel
{
    Initial = 0,
    EarlyData = 1,
    Handshake = 2,
    Application = 3,
}
