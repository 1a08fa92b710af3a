using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Quiver.Protocol.Tls;
using CipherSuite = Quiver.Protocol.Crypto.CipherSuite;
using Scheme = Quiver.Protocol.Tls.SignatureScheme;

namespace Quiver.Protocol.Tests.Tls;

/// <summary>Both sides of ours against a TLS stack that is not ours, in records and without QUIC.</summary>
public sealed class BouncyCastlePeerTests
{
    [Theory]
    [InlineData(Quiver.Protocol.Tls.NamedGroup.X25519, CipherSuite.Aes128GcmSha256, false)]
    [InlineData(Quiver.Protocol.Tls.NamedGroup.X25519, CipherSuite.Aes256GcmSha384, true)]
    [InlineData(Quiver.Protocol.Tls.NamedGroup.Secp256r1, CipherSuite.Aes128GcmSha256, true)]
    [InlineData(Quiver.Protocol.Tls.NamedGroup.Secp384r1, CipherSuite.Aes256GcmSha384, false)]
    [InlineData(Quiver.Protocol.Tls.NamedGroup.X25519MLKem768, CipherSuite.Aes128GcmSha256, true)]
    public void Our_client_completes_with_the_server_of_BouncyCastle(int group, int suite, bool clientCertificate)
    {
        // For the P curves the server asks by HelloRetryRequest, since the client sends no share for them at first.
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequestOf(key, out byte[] certificate);
        AsymmetricKeyParameter privateKey = PrivateKeyFactory.CreateKey(key.ExportPkcs8PrivateKey());
        BouncyCastleServer server = new(certificate, privateKey, (int)Scheme.EcdsaSecp256r1Sha256, suite, [group], clientCertificate);
        TlsServerProtocol protocol = new();
        protocol.Accept(server);

        RecordingSink sink = new();
        ClientTlsSettings settings = new()
        {
            Protocols = [TlsPair.Protocol("h3")],
            ServerName = "localhost",
            ClientCertificate = clientCertificate ? TestCertificates.P256 : null,
        };
        using ClientHandshake client = new(settings, TlsPair.ClientParameters, sink, new SeededRandom(group + suite));
        client.Start();
        RecordLayer records = new(sink, client, (CipherSuite)suite);
        for (int i = 0; i < 6; i++)
        {
            protocol.OfferInput(records.Send());
            byte[] output = new byte[protocol.GetAvailableOutputBytes()];
            protocol.ReadOutput(output, 0, output.Length);
            records.Receive(output);
        }

        Assert.True(client.IsComplete);
        Assert.True(server.IsDone);
        Assert.Equal((Quiver.Protocol.Tls.NamedGroup)group, client.NegotiatedGroup);
        Assert.Equal(TlsPair.ClientParameters, server.ClientParameters);
        Assert.Equal(TlsPair.ServerParameters, sink.PeerTransportParameters);
        Assert.Equal(clientCertificate ? 1 : -1, server.ClientCertificates);
        Assert.Equal(certificate, client.PeerCertificates[0].ToArray());
    }

    [Theory]
    [InlineData(Quiver.Protocol.Tls.NamedGroup.X25519, CipherSuite.Aes128GcmSha256, false, false)]
    [InlineData(Quiver.Protocol.Tls.NamedGroup.X25519, CipherSuite.Aes256GcmSha384, true, true)]
    [InlineData(Quiver.Protocol.Tls.NamedGroup.Secp256r1, CipherSuite.Aes128GcmSha256, true, false)]
    [InlineData(Quiver.Protocol.Tls.NamedGroup.Secp384r1, CipherSuite.Aes256GcmSha384, false, true)]
    [InlineData(Quiver.Protocol.Tls.NamedGroup.X25519MLKem768, CipherSuite.Aes128GcmSha256, false, true)]
    public void Our_server_completes_with_the_client_of_BouncyCastle(int group, int suite, bool retry, bool requestCertificate)
    {
        TlsCertificate certificate = requestCertificate ? TestCertificates.Rsa2048 : TestCertificates.P256;
        BouncyCastleClient client = new(suite, [group], retry ? [] : [group]);
        TlsClientProtocol protocol = new();
        protocol.Connect(client);

        RecordingSink sink = new();
        ServerTlsSettings settings = new()
        {
            Protocols = [TlsPair.Protocol("h3")],
            Certificate = certificate,
            RequestClientCertificate = requestCertificate,
        };
        using ServerHandshake server = new(sink, new SeededRandom(group + suite));
        RecordLayer records = new(sink, server, (CipherSuite)suite);
        for (int i = 0; i < 6; i++)
        {
            byte[] output = new byte[protocol.GetAvailableOutputBytes()];
            protocol.ReadOutput(output, 0, output.Length);
            records.Receive(output);
            if (server.Suspension == TlsSuspension.ServerSettings)
            {
                server.ResumeWithServerSettings(settings, TlsPair.ServerParameters);
            }

            protocol.OfferInput(records.Send());
        }

        Assert.True(server.IsComplete);
        Assert.True(client.IsDone);
        Assert.Equal("localhost", server.ServerName);
        Assert.Equal("h3"u8, server.NegotiatedProtocol.Span);
        Assert.Equal((Quiver.Protocol.Tls.NamedGroup)group, server.NegotiatedGroup);
        Assert.Equal(retry ? 2 : 1, sink.Events.Count(e => e == "bytes Initial"));
        Assert.Equal(TlsPair.ServerParameters, client.ServerParameters);
        Assert.Equal(TlsPair.ClientParameters, sink.PeerTransportParameters);
        Assert.Equal(certificate.Chain[0].ToArray(), client.ServerCertificate);
    }

    private static void CertificateRequestOf(ECDsa key, out byte[] certificate)
    {
        System.Security.Cryptography.X509Certificates.CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 signed = request.CreateSelfSigned(new(2020, 1, 1, 0, 0, 0, default), new(2040, 1, 1, 0, 0, 0, default));
        certificate = signed.RawData;
    }
}
