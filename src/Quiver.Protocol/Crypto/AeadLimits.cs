namespace Quiver.Protocol.Crypto;

/// <summary>How often a key may be used, and how many forgeries a connection may see. RFC 9001 §6.6.</summary>
internal static class AeadLimits
{
    /// <summary>Packets that one key may protect; a key update must come before the next one.</summary>
    public static ulong Confidentiality(CipherSuite suite) => suite switch
    {
        CipherSuite.Aes128GcmSha256 or CipherSuite.Aes256GcmSha384 => 1UL << 23,
        // More than there are packet numbers: no limit.
        CipherSuite.ChaCha20Poly1305Sha256 => 1UL << 62,
        _ => throw new ArgumentOutOfRangeException(nameof(suite), suite, "Not a QUIC cipher suite."),
    };

    /// <summary>Packets that may fail authentication in a connection, all keys together; past it the connection is closed.</summary>
    public static ulong Integrity(CipherSuite suite) => suite switch
    {
        CipherSuite.Aes128GcmSha256 or CipherSuite.Aes256GcmSha384 => 1UL << 52,
        CipherSuite.ChaCha20Poly1305Sha256 => 1UL << 36,
        _ => throw new ArgumentOutOfRangeException(nameof(suite), suite, "Not a QUIC cipher suite."),
    };
}
