using Quiver.Protocol.Crypto;

namespace Quiver.Protocol.Tls;

/// <summary>What a client decides before the handshake. Lists are in order of preference.</summary>
internal sealed class ClientTlsSettings
{
    public required IReadOnlyList<ReadOnlyMemory<byte>> Protocols { get; init; }

    public IReadOnlyList<CipherSuite> Suites { get; init; } = TlsSettings.DefaultSuites;

    public IReadOnlyList<NamedGroup> Groups { get; init; } = TlsSettings.DefaultGroups;

    /// <summary>Whether secrets go to <see cref="ITlsSink.OnKeyLog"/>.</summary>
    public bool KeyLog { get; init; }

    /// <summary>Sent as SNI; null sends none (IP literals are never sent).</summary>
    public string? ServerName { get; init; }

    /// <summary>Used when the server asks for a certificate; null answers with an empty one.</summary>
    public TlsCertificate? ClientCertificate { get; init; }

    /// <summary>Groups for which a key share goes into the first ClientHello; null: the first group (and X25519 beside the
    /// hybrid).</summary>
    public IReadOnlyList<NamedGroup>? KeyShares { get; init; }
}
