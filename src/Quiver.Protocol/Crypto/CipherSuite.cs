namespace Quiver.Protocol.Crypto;

/// <summary>The TLS 1.3 cipher suites that QUIC may use. RFC 9001 §5.3, RFC 9846 §B.4.</summary>
internal enum CipherSuite : ushort
{
    Aes128GcmSha256 = 0x1301,
    Aes256GcmSha384 = 0x1302,
    ChaCha20Poly1305Sha256 = 0x1303,
}
