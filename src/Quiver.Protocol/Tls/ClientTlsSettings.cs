using Quiver.Protocol.Crypto;
using Quiver.Protocol.Tls.Resumption;

namespace Quiver.Protocol.Tls;

/// <summary>What a client decides before the handshake. Lists are in order of preference.</summary>
internal sealed record ClientTlsSettings
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

    /// <summary>Whether tickets are of use to us: without, none are asked for and those that come are dropped.</summary>
    public bool AcceptsTickets { get; init; }

    /// <summary>The session to resume, if the server will.</summary>
    public SessionOffer? Session { get; init; }

    /// <summary>Groups for which a key share goes into the first ClientHello; null: the group of the session, else the first group
    /// (and X25519 beside the hybrid).</summary>
    public IReadOnlyList<NamedGroup>? KeyShares { get; init; }
}
