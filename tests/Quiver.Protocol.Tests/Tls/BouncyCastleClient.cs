using System.Text;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;
using OurExtension = Quiver.Protocol.Tls.Extensions.ExtensionType;

namespace Quiver.Protocol.Tests.Tls;

/// <summary>BouncyCastle's TLS 1.3 client, made to ask as QUIC wants it.</summary>
internal sealed class BouncyCastleClient(int suite, int[] groups, int[] shares) : DefaultTlsClient(new BcTlsCrypto(new SecureRandom()))
{
    public bool IsDone { get; private set; }

    public byte[]? ServerCertificate { get; private set; }

    public byte[]? ServerParameters { get; private set; }

    public override TlsAuthentication GetAuthentication() => new Authentication(this);

    public override IList<int> GetEarlyKeyShareGroups() => shares;

    // QUIC has no middlebox compatibility mode.
    public override bool ShouldUseCompatibilityMode() => false;

    public override IDictionary<int, byte[]> GetClientExtensions()
    {
        IDictionary<int, byte[]> extensions = base.GetClientExtensions();
        extensions[(int)OurExtension.QuicTransportParameters] = TlsPair.ClientParameters;
        return extensions;
    }

    public override void ProcessServerExtensions(IDictionary<int, byte[]> serverExtensions)
    {
        base.ProcessServerExtensions(serverExtensions);
        ServerParameters = serverExtensions[(int)OurExtension.QuicTransportParameters];
    }

    public override void NotifyHandshakeComplete()
    {
        base.NotifyHandshakeComplete();
        IsDone = true;
    }

    protected override IList<int> GetSupportedGroups(IList<int> namedGroupRoles) => groups;

    protected override ProtocolVersion[] GetSupportedVersions() => ProtocolVersion.TLSv13.Only();

    protected override int[] GetSupportedCipherSuites() => [suite];

    protected override IList<ProtocolName> GetProtocolNames() => [ProtocolName.AsUtf8Encoding("h2"), ProtocolName.AsUtf8Encoding("h3")];

    protected override IList<ServerName> GetSniServerNames() => [new ServerName(NameType.host_name, Encoding.ASCII.GetBytes("localhost"))];

    private sealed class Authentication(BouncyCastleClient client) : TlsAuthentication
    {
        public void NotifyServerCertificate(TlsServerCertificate serverCertificate) =>
            client.ServerCertificate = serverCertificate.Certificate.GetCertificateAt(0).GetEncoded();

        public TlsCredentials? GetClientCredentials(CertificateRequest certificateRequest) => null;
    }
}
