using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;
using Certificate = Org.BouncyCastle.Tls.Certificate;
using OurExtension = Quiver.Protocol.Tls.Extensions.ExtensionType;

namespace Quiver.Protocol.Tests.Tls;

/// <summary>BouncyCastle's TLS 1.3 server, made to answer as QUIC wants it.</summary>
internal sealed class BouncyCastleServer(
    byte[] certificate, AsymmetricKeyParameter key, int scheme, int suite, int[] groups, bool requestCertificate)
    : DefaultTlsServer(new BcTlsCrypto(new SecureRandom()))
{
    public bool IsDone { get; private set; }

    public int ClientCertificates { get; private set; } = -1;

    public byte[]? ClientParameters { get; private set; }

    public override void ProcessClientExtensions(IDictionary<int, byte[]> clientExtensions)
    {
        base.ProcessClientExtensions(clientExtensions);
        ClientParameters = clientExtensions[(int)OurExtension.QuicTransportParameters];
    }

    public override IDictionary<int, byte[]> GetServerExtensions()
    {
        IDictionary<int, byte[]> extensions = base.GetServerExtensions();
        extensions[(int)OurExtension.QuicTransportParameters] = TlsPair.ServerParameters;
        return extensions;
    }

    public override TlsCredentials GetCredentials() => new BcDefaultTlsCredentialedSigner(
        new TlsCryptoParameters(m_context),
        (BcTlsCrypto)Crypto,
        key,
        new Certificate(TlsUtilities.EmptyBytes, [new CertificateEntry(Crypto.CreateCertificate(certificate), null)]),
        SignatureScheme.GetSignatureAndHashAlgorithm(scheme));

    public override CertificateRequest? GetCertificateRequest() => requestCertificate
        ? new CertificateRequest(
            TlsUtilities.EmptyBytes,
            TlsUtilities.GetDefaultSupportedSignatureAlgorithms(m_context),
            null,
            new List<X509Name> { new("CN=some authority") })
        : null;

    public override void NotifyClientCertificate(Certificate clientCertificate) => ClientCertificates = clientCertificate.Length;

    public override void NotifyHandshakeComplete()
    {
        base.NotifyHandshakeComplete();
        IsDone = true;
    }

    public override int[] GetSupportedGroups() => groups;

    protected override ProtocolVersion[] GetSupportedVersions() => ProtocolVersion.TLSv13.Only();

    protected override int[] GetSupportedCipherSuites() => [suite];

    protected override IList<ProtocolName> GetProtocolNames() => [ProtocolName.AsUtf8Encoding("h3")];
}
