namespace Quiver.Protocol.Tls;

/// <summary>Key exchange groups. RFC 9846 §4.3.7; the hybrid from the ECDHE-MLKEM specification.</summary>
internal enum NamedGroup : ushort
{
    None = 0,
    Secp256r1 = 0x0017,
    Secp384r1 = 0x0018,
    X25519 = 0x001D,
    X25519MLKem768 = 0x11EC,
}
