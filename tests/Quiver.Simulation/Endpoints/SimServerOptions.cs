using Quiver.Protocol.Connections;
using Quiver.Protocol.Endpoints;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Resumption;

namespace Quiver.Simulation.Endpoints;

/// <summary>How the simulated server answers.</summary>
internal sealed record SimServerOptions
{
    public TlsCertificate Certificate { get; init; } = TestIdentity.Short;

    public IReadOnlyList<NamedGroup> Groups { get; init; } = [NamedGroup.X25519, NamedGroup.X25519MLKem768, NamedGroup.Secp256r1, NamedGroup.Secp384r1];

    /// <summary>Null: no tickets.</summary>
    public SimTickets? Tickets { get; init; }

    /// <summary>Whether every client without a token gets a Retry.</summary>
    public bool Retry { get; init; }

    /// <summary>Whether every client is turned away.</summary>
    public bool Refuses { get; init; }

    /// <summary>Whether clients get a token for their next connection.</summary>
    public bool SendsTokens { get; init; }

    public ITicketSealer TokenSealer { get; init; } = SimTickets.WithKey(new byte[TicketKey.KeyLength]);

    public ITokenReplayFilter? UsedTokens { get; init; }

    /// <summary>Application protocols.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Protocols { get; init; } = [SimConnection.Protocol];

    /// <summary>Most wanted first; null: whatever the client begins with.</summary>
    public IReadOnlyList<QuicVersion>? Versions { get; init; }

    public Func<ConnectionSettings, ConnectionSettings> Configure { get; init; } = settings => settings;
}
