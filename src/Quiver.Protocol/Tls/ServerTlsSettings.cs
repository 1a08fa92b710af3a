namespace Quiver.Protocol.Tls;

/// <summary>What a server decides once it has seen the ClientHello.</summary>
internal sealed class ServerTlsSettings : TlsSettings
{
    public required TlsCertificate Certificate { get; init; }

    public bool RequestClientCertificate { get; init; }
}
