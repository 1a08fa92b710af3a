using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tests.Crypto;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Messages;
using Quiver.Testing;

namespace Quiver.Protocol.Tests.Tls;

public sealed class PeerAuthenticationTests
{
    [Theory]
    [Rfc(8448, "3")]
    [Rfc(9846, "4.5.2")]
    [InlineData(-1)]
    [InlineData(8)]
    [InlineData(100)]
    public void The_signature_in_the_trace_of_RFC_8448_verifies_and_a_changed_one_does_not(int changed)
    {
        using Transcript transcript = new();
        transcript.Add(Convert.FromHexString(Rfc8448Trace.ClientHello));
        transcript.Select(CipherSuite.Aes128GcmSha256);
        transcript.Add(Convert.FromHexString(Rfc8448Trace.ServerHello));
        transcript.Add(Convert.FromHexString(Rfc8448Trace.EncryptedExtensions));
        transcript.Add(Convert.FromHexString(Rfc8448Trace.Certificate));
        PeerAuthentication server = new(EndpointRole.Server);
        server.OnCertificate(new HandshakeMessage(Convert.FromHexString(Rfc8448Trace.Certificate)), []);
        byte[] verify = Convert.FromHexString(Rfc8448Trace.CertificateVerify);
        if (changed < 0)
        {
            server.OnCertificateVerify(new HandshakeMessage(verify), transcript);
            return;
        }

        verify[changed] ^= 1;
        TransportException thrown = Assert.Throws<TransportException>(
            () => server.OnCertificateVerify(new HandshakeMessage(verify), transcript));
        Assert.Equal((TransportErrorCode)(0x100 + (int)TlsAlert.DecryptError), thrown.Code);
    }
}
