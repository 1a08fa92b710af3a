using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Extensions;
using Quiver.Protocol.Tls.Messages;
using Quiver.Testing;
using static Quiver.Protocol.Tests.Tls.MessageEditor;
using static Quiver.Protocol.Tests.Tls.Violations;

namespace Quiver.Protocol.Tests.Tls;

/// <summary>What a server must refuse of a client, and what it must let pass.</summary>
public sealed class ClientMessageViolationTests
{
    private const int LegacyVersion = 4;
    private const int SessionId = 38;
    private const int Suites = 39;

    [Fact]
    [Rfc(9846, "4.2.2")]
    public void Another_legacy_version_is_refused() =>
        ExpectHelloAlert(TlsAlert.ProtocolVersion, m => With(m, LegacyVersion + 1, 4));

    [Fact]
    [Rfc(9001, "8.4")]
    public void A_session_id_is_a_protocol_violation()
    {
        TransportException thrown = Fail(new TlsPair(), HandshakeType.ClientHello, m =>
            Message(HandshakeType.ClientHello, [.. m[4..SessionId], 1, 7, .. m[Suites..]]));
        Assert.Equal(TransportErrorCode.ProtocolViolation, thrown.Code);
    }

    [Fact]
    [Rfc(9846, "4.2.2")]
    public void Compression_is_an_illegal_parameter()
    {
        ExpectHelloAlert(TlsAlert.IllegalParameter, m => ReplaceCompression(m, [1, 1]));
        ExpectHelloAlert(TlsAlert.IllegalParameter, m => ReplaceCompression(m, [2, 0, 1]));
    }

    [Fact]
    [Rfc(9001, "4.2")]
    public void A_client_of_TLS_1_2_is_refused()
    {
        ExpectHelloAlert(TlsAlert.ProtocolVersion, m => RemoveExtension(m, (int)ExtensionType.SupportedVersions));
        ExpectHelloAlert(TlsAlert.ProtocolVersion, m => SetExtension(m, (int)ExtensionType.SupportedVersions, 2, 3, 3));
        ExpectHelloAlert(TlsAlert.ProtocolVersion, m => EditBody(m, b => b[..(b.IndexOf("\u0001\0"u8) + 2)]));
    }

    [Theory]
    [Rfc(9846, "9.2")]
    [Rfc(9001, "8.2")]
    [InlineData(ExtensionType.SignatureAlgorithms)]
    [InlineData(ExtensionType.SupportedGroups)]
    [InlineData(ExtensionType.KeyShare)]
    [InlineData(ExtensionType.QuicTransportParameters)]
    public void An_extension_that_must_be_there_is_missed(int type) =>
        ExpectHelloAlert(TlsAlert.MissingExtension, m => RemoveExtension(m, type));

    [Fact]
    [Rfc(9001, "8.1")]
    public void A_client_without_ALPN_is_refused() =>
        ExpectHelloAlert(TlsAlert.NoApplicationProtocol, m => RemoveExtension(m, (int)ExtensionType.ApplicationLayerProtocolNegotiation));

    [Fact]
    [Rfc(9001, "8.1")]
    public void No_protocol_in_common_names_both_lists()
    {
        ClientTlsSettings client = new() { Protocols = [TlsPair.Protocol("h3-29"), TlsPair.Protocol("hq")] };
        ServerTlsSettings server = new() { Protocols = [TlsPair.Protocol("h3"), TlsPair.Protocol("\u0001")], Certificate = TestCertificates.P256 };
        using TlsPair pair = new(client, server);
        TransportException thrown = Assert.Throws<TransportException>(() => pair.Run());
        AssertAlert(TlsAlert.NoApplicationProtocol, thrown);
        Assert.Equal(
            "TLS: no ALPN protocol in common: the client offers \"h3-29\", \"hq\", the server has \"h3\", \"0x01\"", thrown.Message);
    }

    [Fact]
    [Rfc(9846, "4.3")]
    public void An_extension_twice_is_an_illegal_parameter()
    {
        ExpectHelloAlert(TlsAlert.IllegalParameter, m => EditExtensions(m, e => e.Add(e[0])));
        ExpectHelloAlert(TlsAlert.IllegalParameter, m => AddExtension(AddExtension(m, 0xABCD), 0xABCD));
    }

    [Fact]
    public void Too_many_extensions_are_an_illegal_parameter() =>
        ExpectHelloAlert(TlsAlert.IllegalParameter, m => EditExtensions(m, e =>
            e.AddRange(Enumerable.Range(0x8000, HandshakeLimits.MaxExtensions).Select(t => (t, Array.Empty<byte>())))));

    [Fact]
    [Rfc(9846, "4.3")]
    public void An_extension_of_another_message_is_an_illegal_parameter() =>
        ExpectHelloAlert(TlsAlert.IllegalParameter, m => AddExtension(m, (int)ExtensionType.OidFilters, 0, 0));

    [Fact]
    [Rfc(9846, "4.3")]
    public void A_pre_shared_key_that_is_not_last_is_an_illegal_parameter() =>
        ExpectHelloAlert(TlsAlert.IllegalParameter, m =>
            AddExtension(AddExtension(m, (int)ExtensionType.PreSharedKey), (int)ExtensionType.PskKeyExchangeModes, 1, 1));

    [Fact]
    [Rfc(9846, "4.3.9")]
    public void A_pre_shared_key_without_modes_is_refused() =>
        ExpectHelloAlert(TlsAlert.MissingExtension, m => AddExtension(m, (int)ExtensionType.PreSharedKey));

    [Theory]
    [Rfc(9846, "4.3.8")]
    [InlineData(0x001D, 0x001D)]
    [InlineData(0x001D, 0x0019)]
    public void Key_shares_twice_or_outside_of_the_groups_are_an_illegal_parameter(int first, int second) =>
        ExpectHelloAlert(TlsAlert.IllegalParameter, m => SetExtension(
            m, (int)ExtensionType.KeyShare, [0, 10, .. UInt16(first), 0, 1, 5, .. UInt16(second), 0, 1, 5]));

    [Fact]
    public void Server_names_that_are_none_are_an_illegal_parameter()
    {
        ExpectHelloAlert(TlsAlert.IllegalParameter, m => SetExtension(m, (int)ExtensionType.ServerName, 0, 4, 0, 0, 1, 0x80));
        ExpectHelloAlert(TlsAlert.IllegalParameter, m => SetExtension(m, (int)ExtensionType.ServerName, 0, 8, 0, 0, 1, 65, 0, 0, 1, 66));
        ExpectHelloAlert(TlsAlert.DecodeError, m => SetExtension(m, (int)ExtensionType.ServerName, 0, 0));
    }

    [Fact]
    [Rfc(9846, "4.2.1")]
    public void Nothing_in_common_is_a_handshake_failure()
    {
        AssertAlert(TlsAlert.HandshakeFailure, Fail(
            new ClientTlsSettings { Protocols = [TlsPair.Protocol("h3")], Suites = [CipherSuite.ChaCha20Poly1305Sha256] },
            new ServerTlsSettings { Protocols = [TlsPair.Protocol("h3")], Certificate = TestCertificates.P256, Suites = [CipherSuite.Aes128GcmSha256] }));
        AssertAlert(TlsAlert.HandshakeFailure, Fail(
            new ClientTlsSettings { Protocols = [TlsPair.Protocol("h3")], Groups = [NamedGroup.X25519] },
            new ServerTlsSettings { Protocols = [TlsPair.Protocol("h3")], Certificate = TestCertificates.P256, Groups = [NamedGroup.Secp256r1] }));
        ExpectHelloAlert(TlsAlert.HandshakeFailure, m => SetExtension(m, (int)ExtensionType.SignatureAlgorithms, 0, 2, 4, 1));
    }

    [Fact]
    [Rfc(9846, "4.2.2")]
    [Rfc(8701, "3")]
    public void Unknown_suites_versions_groups_shares_schemes_and_extensions_are_ignored()
    {
        ClientHello? read = null;
        byte[] hello = [];
        using TlsPair pair = new();
        pair.OnTheWay = (fromClient, level, bytes) =>
        {
            if (fromClient && level == EncryptionLevel.Initial)
            {
                hello = AddGrease(bytes);
                bytes = hello;
            }

            return [bytes];
        };

        // The server takes it; the client then sees a transcript that is not its own.
        AssertAlert(TlsAlert.DecryptError, Assert.Throws<TransportException>(() => pair.Run()));
        read = ClientHello.Read(new HandshakeMessage(hello));
        Assert.True(read.Suites.Contains(0x0A0A));
        Assert.Equal(NamedGroup.X25519MLKem768, pair.Server.NegotiatedGroup);
    }

    [Fact]
    [Rfc(9846, "5.1")]
    public void Bytes_after_the_ClientHello_are_unexpected() =>
        ExpectHelloAlert(TlsAlert.UnexpectedMessage, m => [.. m, 20]);

    [Theory]
    [Rfc(9846, "4")]
    [InlineData(HandshakeType.ServerHello)]
    [InlineData(HandshakeType.Finished)]
    [InlineData(HandshakeType.KeyUpdate)]
    public void Another_first_message_is_unexpected(int type) =>
        ExpectHelloAlert(TlsAlert.UnexpectedMessage, _ => Message((HandshakeType)type, [0]));

    [Fact]
    [Rfc(9846, "4.5.3")]
    public void A_wrong_Finished_of_the_client_is_a_decrypt_error()
    {
        using TlsPair pair = new();
        pair.OnTheWay = (fromClient, _, bytes) => [fromClient ? Edit(bytes, HandshakeType.Finished, m => With(m, 4, (byte)(m[4] ^ 1))) : bytes];
        AssertAlert(TlsAlert.DecryptError, Assert.Throws<TransportException>(() => pair.Run()));
        Assert.False(pair.Server.IsComplete);
        Assert.False(pair.ServerSink.ReadSecrets.ContainsKey(EncryptionLevel.Application));
    }

    [Fact]
    [Rfc(9846, "4.5.2")]
    public void A_wrong_signature_of_the_client_is_a_decrypt_error_before_a_verdict_is_asked_for()
    {
        using TlsPair pair = WithClientCertificate();
        pair.OnTheWay = (fromClient, _, bytes) =>
            [fromClient ? Edit(bytes, HandshakeType.CertificateVerify, m => With(m, m.Length - 1, (byte)(m[^1] ^ 1))) : bytes];
        AssertAlert(TlsAlert.DecryptError, Assert.Throws<TransportException>(() => pair.Run()));
        Assert.Equal(TlsSuspension.None, pair.Server.Suspension);
    }

    [Theory]
    [Rfc(9846, "4")]
    [InlineData(HandshakeType.Certificate)]
    [InlineData(HandshakeType.CertificateVerify)]
    public void A_message_of_the_client_left_out_makes_the_next_one_unexpected(int type)
    {
        using TlsPair pair = WithClientCertificate();
        pair.OnTheWay = (fromClient, _, bytes) => [fromClient ? Edit(bytes, (HandshakeType)type, _ => null) : bytes];
        AssertAlert(TlsAlert.UnexpectedMessage, Assert.Throws<TransportException>(() => pair.Run()));
    }

    [Theory]
    [Rfc(9001, "8.3")]
    [InlineData(HandshakeType.EndOfEarlyData)]
    [InlineData(HandshakeType.KeyUpdate)]
    public void EndOfEarlyData_and_KeyUpdate_are_unexpected(int type)
    {
        using TlsPair pair = new();
        pair.OnTheWay = (fromClient, level, bytes) =>
            [fromClient && level == EncryptionLevel.Handshake ? [.. Message((HandshakeType)type, []), .. bytes] : bytes];
        AssertAlert(TlsAlert.UnexpectedMessage, Assert.Throws<TransportException>(() => pair.Run()));
    }

    private static void ExpectHelloAlert(TlsAlert expected, Func<byte[], byte[]?> edit) =>
        ExpectAlert(expected, new TlsPair(), HandshakeType.ClientHello, edit);

    private static TransportException Fail(ClientTlsSettings client, ServerTlsSettings server)
    {
        using TlsPair pair = new(client, server);
        return Assert.Throws<TransportException>(() => pair.Run());
    }

    private static TransportException Fail(TlsPair pair, HandshakeType type, Func<byte[], byte[]?> edit) => Violations.Fail(pair, type, edit);

    private static TlsPair WithClientCertificate() => new(
        new ClientTlsSettings { Protocols = [TlsPair.Protocol("h3")], ClientCertificate = TestCertificates.P256 },
        new ServerTlsSettings { Protocols = [TlsPair.Protocol("h3")], Certificate = TestCertificates.P256, RequestClientCertificate = true });

    private static byte[] AddGrease(byte[] hello)
    {
        byte[] suites = EditBody(hello, b => [.. b[..35], 0, (byte)(b[36] + 2), 0x0A, 0x0A, .. b[37..]]);
        return EditExtensions(suites, e =>
        {
            for (int i = 0; i < e.Count; i++)
            {
                byte[] data = e[i].Data;
                e[i] = (ExtensionType)e[i].Type switch
                {
                    ExtensionType.SupportedGroups or ExtensionType.SignatureAlgorithms =>
                        (e[i].Type, [.. UInt16(data.Length), 0x1A, 0x1A, .. data[2..]]),
                    ExtensionType.SupportedVersions => (e[i].Type, [(byte)(data[0] + 2), 0x2A, 0x2A, .. data[1..]]),
                    ExtensionType.KeyShare => (e[i].Type, [.. UInt16(data.Length + 3), 0x1A, 0x1A, 0, 1, 0, .. data[2..]]),
                    ExtensionType.ApplicationLayerProtocolNegotiation => (e[i].Type, [.. UInt16(data.Length + 1), 2, 0x3A, 0x3A, .. data[2..]]),
                    _ => e[i],
                };
            }

            e.Insert(0, (0x4A4A, []));
            e.Add((0x5A5A, [0]));
        });
    }

    private static byte[] ReplaceCompression(byte[] hello, byte[] compression)
    {
        int position = Suites + 2 + ((hello[Suites] << 8) | hello[Suites + 1]);
        return Message(HandshakeType.ClientHello, [.. hello[4..position], .. compression, .. hello[(position + 2)..]]);
    }

    private static byte[] With(byte[] message, int position, byte value)
    {
        byte[] changed = [.. message];
        changed[position] = value;
        return changed;
    }
}
