namespace Quiver.Protocol.Crypto;

/// <summary>HKDF-Expand-Label. RFC 9846 §7.1.</summary>
internal static class HkdfLabel
{
    /// <summary>Expands with the suite's hash; <paramref name="label"/> is given without its "tls13 " prefix.</summary>
    public static void Expand(
        CipherSuite suite, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> label, ReadOnlySpan<byte> context, Span<byte> output) =>
        throw new NotSupportedException();
}
