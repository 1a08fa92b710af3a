using Quiver.Protocol.Crypto;
using Quiver.Protocol.Tls.Resumption;

namespace Quiver.Protocol.Tls;

/// <summary>What a server decides once it has seen the ClientHello. Lists are in order of preference.</summary>
internal sealed record ServerTlsSettings
{
    public required IReadOnlyList<ReadOnlyMemory<byte>> Protocols { get; init; }

    public IReadOnlyList<CipherSuite> Suites { get; init; } = TlsSettings.DefaultSuites;

    public IReadOnlyList<NamedGroup> Groups { get; init; } = TlsSettings.DefaultGroups;

    /// <summary>Whether secrets go to <see cref="ITlsSink.OnKeyLog"/>.</summary>
    public bool KeyLog { get; init; }

    public required TlsCertificate Certificate { get; init; }

    /// <summary>Then sessions are neither resumed nor given tickets, so that no client gets by without its certificate.</summary>
    public bool RequestClientCertificate { get; init; }

    /// <summary>Null: no tickets.</summary>
    public TicketSettings? Tickets { get; init; }

    /// <summary>The ticket that is taken; null: a full handshake.</summary>
    public SelectedPsk? Psk { get; init; }
}
