using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Crypto;

/// <summary>Keys of Initial packets, derived from the client's first Destination Connection ID. RFC 9001 §5.2.</summary>
internal static class InitialKeys
{
    /// <summary>Derives the keys with which <paramref name="sender"/> protects its Initial packets.</summary>
    public static PacketProtection Create(QuicVersion version, ReadOnlySpan<byte> destinationConnectionId, EndpointRole sender) =>
        throw new NotSupportedException();
}
