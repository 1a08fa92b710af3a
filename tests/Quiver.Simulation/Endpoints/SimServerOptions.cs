using Quiver.Protocol.Connections;
using Quiver.Protocol.Tls;

namespace Quiver.Simulation.Endpoints;

/// <summary>How the simulated server answers.</summary>
internal sealed record SimServerOptions
{
    public TlsCertificate Certificate { get; init; } = TestIdentity.Short;

    public IReadOnlyList<NamedGroup> Groups { get; init; } = [NamedGroup.X25519, NamedGroup.X25519MLKem768, NamedGroup.Secp256r1, NamedGroup.Secp384r1];

    /// <summary>Null: no tickets.</summary>
    public SimTickets? Tickets { get; init; }

    /// <summary>Application protocols.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Protocols { get; init; } = [SimConnection.Protocol];

    public Func<ConnectionSettings, ConnectionSettings> Configure { get; init; } = settings => settings;
}
