namespace Quiver.Protocol.Tls;

/// <summary>What a client decides before the handshake.</summary>
internal sealed class ClientTlsSettings : TlsSettings
{
    /// <summary>Sent as SNI; null sends none (IP literals are never sent).</summary>
    public string? ServerName { get; init; }

    /// <summary>Used when the server asks for a certificate; null answers with an empty one.</summary>
    public TlsCertificate? ClientCertificate { get; init; }

    /// <summary>Groups for which a key share goes into the first ClientHello; null: the first group (and X25519 beside the hybrid).</summary>
    public IReadOnlyList<NamedGroup>? KeyShares { get; init; }
}
