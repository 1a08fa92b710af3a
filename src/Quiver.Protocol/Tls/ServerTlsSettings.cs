using Quiver.Protocol.Crypto;

namespace Quiver.Protocol.Tls;

/// <summary>What a server decides once it has seen the ClientHello. Lists are in order of preference.</summary>
internal sealed class ServerTlsSettings
{
    public required IReadOnlyList<ReadOnlyMemory<byte>> Protocols { get; init; }

    public IReadOnlyList<CipherSuite> Suites { get; init; } = TlsSettings.DefaultSuites;

    public IReadOnlyList<NamedGroup> Groups { get; init; } = TlsSettings.DefaultGroups;

    /// <summary>Whether secrets go to <see cref="ITlsSink.OnKeyLog"/>.</summary>
    public bool KeyLog { get; init; }

    public required TlsCertificate Certificate { get; init; }

    public bool RequestClientCertificate { get; init; }
}
