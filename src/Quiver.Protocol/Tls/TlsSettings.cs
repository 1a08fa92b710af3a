using Quiver.Protocol.Crypto;

namespace Quiver.Protocol.Tls;

/// <summary>What both sides configure: suites and groups in order of preference, ALPN, key log.</summary>
internal abstract class TlsSettings
{
    public static IReadOnlyList<CipherSuite> DefaultSuites { get; } =
        [CipherSuite.Aes128GcmSha256, CipherSuite.Aes256GcmSha384, CipherSuite.ChaCha20Poly1305Sha256];

    public static IReadOnlyList<NamedGroup> DefaultGroups { get; } =
        [NamedGroup.X25519MLKem768, NamedGroup.X25519, NamedGroup.Secp256r1, NamedGroup.Secp384r1];

    public required IReadOnlyList<ReadOnlyMemory<byte>> Protocols { get; init; }

    public IReadOnlyList<CipherSuite> Suites { get; init; } = DefaultSuites;

    public IReadOnlyList<NamedGroup> Groups { get; init; } = DefaultGroups;

    /// <summary>Whether secrets go to <see cref="ITlsSink.OnKeyLog"/>.</summary>
    public bool KeyLog { get; init; }
}
