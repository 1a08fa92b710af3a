using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Testing;

namespace Quiver.Protocol.Tests.Tls;

public sealed class HandshakeTests
{
    private static readonly SignatureScheme[] s_schemes =
    [
        SignatureScheme.EcdsaSecp256r1Sha256,
        SignatureScheme.EcdsaSecp384r1Sha384,
        SignatureScheme.RsaPssRsaeSha256,
        SignatureScheme.RsaPssRsaeSha384,
        SignatureScheme.RsaPssRsaeSha512,
        SignatureScheme.Ed25519,
    ];

    public static TheoryData<int, int, int, bool> Matrix
    {
        get
        {
            TheoryData<int, int, int, bool> rows = [];
            foreach (CipherSuite suite in TlsSettings.DefaultSuites)
            {
                foreach (NamedGroup group in TlsSettings.DefaultGroups)
                {
                    foreach (SignatureScheme scheme in s_schemes)
                    {
                        rows.Add((int)suite, (int)group, (int)scheme, false);
                        rows.Add((int)suite, (int)group, (int)scheme, true);
                    }
                }
            }

            return rows;
        }
    }

    [Fact]
    [Rfc(9846, "2")]
    [Rfc(9001, "4")]
    public void Both_sides_complete_and_agree()
    {
        using TlsPair pair = new TlsPair().Run();
        AssertAgreement(pair);
        Assert.Equal(CipherSuite.Aes128GcmSha256, pair.Client.NegotiatedSuite);
        Assert.Equal(NamedGroup.X25519MLKem768, pair.Client.NegotiatedGroup);
        Assert.Equal("localhost", pair.Server.ServerName);
        Assert.Equal("h3"u8, pair.Server.OfferedProtocols[0].Span);
        Assert.Equal(TlsPair.ClientParameters, pair.ServerSink.PeerTransportParameters);
        Assert.Equal(TlsPair.ServerParameters, pair.ClientSink.PeerTransportParameters);
        Assert.Equal(TestCertificates.P256.Chain[0].Span, pair.Client.PeerCertificates[0].Span);
        Assert.Empty(pair.Server.PeerCertificates);
    }

    [Theory]
    [Rfc(9846, "4.2.1")]
    [MemberData(nameof(Matrix))]
    public void Every_suite_group_and_signature_works_with_and_without_client_certificate(
        int suite, int group, int scheme, bool clientCertificate)
    {
        ClientTlsSettings client = new()
        {
            Protocols = [TlsPair.Protocol("h3")],
            ServerName = "localhost",
            Suites = [(CipherSuite)suite],
            Groups = [(NamedGroup)group],
            ClientCertificate = clientCertificate ? TestCertificates.For((SignatureScheme)scheme) : null,
        };
        ServerTlsSettings server = new()
        {
            Protocols = [TlsPair.Protocol("h3")],
            Certificate = TestCertificates.For((SignatureScheme)scheme),
            RequestClientCertificate = clientCertificate,
        };
        using TlsPair pair = new TlsPair(client, server).Run();
        AssertAgreement(pair);
        Assert.Equal((CipherSuite)suite, pair.Server.NegotiatedSuite);
        Assert.Equal((NamedGroup)group, pair.Server.NegotiatedGroup);
        Assert.Equal(clientCertificate ? 1 : 0, pair.Server.PeerCertificates.Count);
    }

    [Fact]
    [Rfc(9846, "4.5.1")]
    public void A_client_without_certificate_answers_a_request_with_an_empty_one()
    {
        ServerTlsSettings server = new()
        {
            Protocols = [TlsPair.Protocol("h3")],
            Certificate = TestCertificates.P256,
            RequestClientCertificate = true,
        };
        using TlsPair pair = new TlsPair(server: server).Run();
        AssertAgreement(pair);
        Assert.Empty(pair.Server.PeerCertificates);
    }

    [Fact]
    [Rfc(9001, "5.7")]
    [Rfc(9001, "4.1.4")]
    public void Secrets_come_at_their_times()
    {
        using TlsPair pair = new TlsPair().Run();
        Assert.Equal(
            ["bytes Initial", "write Handshake", "read Handshake", "parameters", "bytes Handshake", "write Application", "read Application", "complete"],
            pair.ClientSink.Events);
        Assert.Equal(
            ["parameters", "bytes Initial", "write Handshake", "read Handshake", "bytes Handshake", "write Application", "read Application", "complete"],
            pair.ServerSink.Events);
    }

    [Theory]
    [Rfc(9846, "4")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(1000)]
    public void Messages_may_be_cut_anywhere(int size)
    {
        using TlsPair pair = new(server: new ServerTlsSettings
        {
            Protocols = [TlsPair.Protocol("h3")],
            Certificate = TestCertificates.Rsa2048,
            RequestClientCertificate = true,
        })
        {
            OnTheWay = (_, _, bytes) => bytes.Chunk(size),
        };
        AssertAgreement(pair.Run());
    }

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("::1")]
    [InlineData(null)]
    [InlineData("")]
    public void Addresses_are_not_sent_as_server_names(string? name)
    {
        using TlsPair pair = new TlsPair(TlsPair.ClientSettings(name)).Run();
        AssertAgreement(pair);
        Assert.Null(pair.Server.ServerName);
        Assert.Null(pair.Client.ServerName);
    }

    [Fact]
    public void The_server_chooses_the_protocol_by_its_own_order()
    {
        ClientTlsSettings client = new() { Protocols = [TlsPair.Protocol("a"), TlsPair.Protocol("b"), TlsPair.Protocol("c")] };
        ServerTlsSettings server = new()
        {
            Protocols = [TlsPair.Protocol("x"), TlsPair.Protocol("c"), TlsPair.Protocol("a")],
            Certificate = TestCertificates.P256,
        };
        using TlsPair pair = new TlsPair(client, server).Run();
        AssertAgreement(pair);
        Assert.Equal("c"u8, pair.Client.NegotiatedProtocol.Span);
    }

    [Fact]
    [Rfc(9850, "2")]
    public void Key_log_lines_of_both_sides_are_the_same()
    {
        ClientTlsSettings client = new() { Protocols = [TlsPair.Protocol("h3")], KeyLog = true };
        ServerTlsSettings server = new() { Protocols = [TlsPair.Protocol("h3")], Certificate = TestCertificates.P256, KeyLog = true };
        using TlsPair pair = new TlsPair(client, server).Run();
        Assert.Equal(
            [
                "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                "CLIENT_TRAFFIC_SECRET_0",
                "SERVER_TRAFFIC_SECRET_0",
                "EXPORTER_SECRET",
            ],
            pair.ClientSink.KeyLog.Select(line => line.Split(' ')[0]));
        Assert.Equal(pair.ClientSink.KeyLog, pair.ServerSink.KeyLog);
        Assert.Equal(Convert.ToHexStringLower(pair.ClientSink.WriteSecrets[EncryptionLevel.Application]), pair.ClientSink.KeyLog[2].Split(' ')[2]);
    }

    internal static void AssertAgreement(TlsPair pair)
    {
        Assert.True(pair.Client.IsComplete);
        Assert.True(pair.Server.IsComplete);
        Assert.Equal(1, pair.ClientSink.Completions);
        Assert.Equal(1, pair.ServerSink.Completions);
        Assert.Equal(pair.Client.NegotiatedProtocol.ToArray(), pair.Server.NegotiatedProtocol.ToArray());
        Assert.Equal(pair.Client.NegotiatedSuite, pair.Server.NegotiatedSuite);
        Assert.Equal(pair.Client.NegotiatedGroup, pair.Server.NegotiatedGroup);
        foreach (EncryptionLevel level in new[] { EncryptionLevel.Handshake, EncryptionLevel.Application })
        {
            Assert.Equal(pair.ClientSink.WriteSecrets[level], pair.ServerSink.ReadSecrets[level]);
            Assert.Equal(pair.ServerSink.WriteSecrets[level], pair.ClientSink.ReadSecrets[level]);
        }
    }
}
