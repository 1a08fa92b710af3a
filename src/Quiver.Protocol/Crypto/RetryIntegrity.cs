using System.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Crypto;

/// <summary>The Retry Integrity Tag. RFC 9001 §5.8.</summary>
internal static class RetryIntegrity
{
    public const int TagLength = 16;

    /// <summary>Computes the tag over a Retry packet that is given without its tag.</summary>
    public static void ComputeTag(
        QuicVersion version, ReadOnlySpan<byte> originalDestinationConnectionId, ReadOnlySpan<byte> retryWithoutTag, Span<byte> tag)
    {
        VersionConstants constants = VersionConstants.For(version);
        using IAead aead = Aeads.Create(CipherSuite.Aes128GcmSha256, constants.RetryKey);

        // The pseudo-packet: the connection id, with its length before it, and then the packet. It is all associated data.
        int length = 1 + originalDestinationConnectionId.Length + retryWithoutTag.Length;
        byte[] pseudoPacket = ArrayPool<byte>.Shared.Rent(length);
        pseudoPacket[0] = (byte)originalDestinationConnectionId.Length;
        originalDestinationConnectionId.CopyTo(pseudoPacket.AsSpan(1));
        retryWithoutTag.CopyTo(pseudoPacket.AsSpan(1 + originalDestinationConnectionId.Length));
        aead.Seal(constants.RetryNonce, pseudoPacket.AsSpan(0, length), tag[..TagLength]);
        ArrayPool<byte>.Shared.Return(pseudoPacket);
    }
}
