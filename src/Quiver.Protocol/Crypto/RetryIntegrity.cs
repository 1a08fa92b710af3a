using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Crypto;

/// <summary>The Retry Integrity Tag. RFC 9001 §5.8.</summary>
internal static class RetryIntegrity
{
    public const int TagLength = 16;

    /// <summary>Computes the tag over a Retry packet that is given without its tag.</summary>
    public static void ComputeTag(
        QuicVersion version, ReadOnlySpan<byte> originalDestinationConnectionId, ReadOnlySpan<byte> retryWithoutTag, Span<byte> tag) =>
        throw new NotSupportedException();
}
