using Quiver.Protocol.Crypto;

namespace Quiver.Protocol.Tls;

/// <summary>What is offered and accepted when the application does not say.</summary>
internal static class TlsSettings
{
    public static IReadOnlyList<CipherSuite> DefaultSuites { get; } =
        [CipherSuite.Aes128GcmSha256, CipherSuite.Aes256GcmSha384, CipherSuite.ChaCha20Poly1305Sha256];

    public static IReadOnlyList<NamedGroup> DefaultGroups { get; } =
        [NamedGroup.X25519MLKem768, NamedGroup.X25519, NamedGroup.Secp256r1, NamedGroup.Secp384r1];
}
