using System.Security.Cryptography;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Crypto;

/// <summary>Keys of Initial packets, derived from the client's first Destination Connection ID. RFC 9001 §5.2.</summary>
internal static class InitialKeys
{
    // Initial packets are protected with AEAD_AES_128_GCM and SHA-256, whatever suite is negotiated later. RFC 9001 §5.2.
    private const CipherSuite Suite = CipherSuite.Aes128GcmSha256;
    private const int SecretLength = 32;

    /// <summary>Derives the keys with which <paramref name="sender"/> protects its Initial packets.</summary>
    public static PacketProtection Create(QuicVersion version, ReadOnlySpan<byte> destinationConnectionId, EndpointRole sender)
    {
        // No secret is secret here: anybody who sees the packet can derive them, so nothing is zeroed.
        Span<byte> initial = stackalloc byte[SecretLength];
        Span<byte> secret = stackalloc byte[SecretLength];
        HKDF.Extract(HashAlgorithmName.SHA256, destinationConnectionId, VersionConstants.For(version).InitialSalt, initial);
        HkdfLabel.Expand(Suite, initial, sender == EndpointRole.Client ? "client in"u8 : "server in"u8, [], secret);
        return PacketProtection.Create(version, Suite, secret);
    }
}
