using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Extensions;
using Quiver.Protocol.Tls.Messages;
using Quiver.Testing;
using static Quiver.Protocol.Tests.Tls.MessageEditor;
using static Quiver.Protocol.Tests.Tls.Violations;

namespace Quiver.Protocol.Tests.Tls;

/// <summary>What a client must refuse of a server.</summary>
public sealed class ServerMessageViolationTests
{
    private const int UnknownExtension = 0xFA57;

    /// <summary>Where the fields of a ServerHello stand, header included.</summary>
    private const int LegacyVersion = 4;
    private const int Random = 6;
    private const int SessionId = 38;
    private const int Suite = 39;
    private const int Compression = 41;

    [Fact]
    [Rfc(9846, "4.2.3")]
    public void ServerHello_with_a_session_id_is_an_illegal_parameter() =>
        ExpectAlert(TlsAlert.IllegalParameter, new TlsPair(), HandshakeType.ServerHello, m =>
            Message(HandshakeType.ServerHello, [.. m[4..SessionId], 1, 7, .. m[Suite..]]));

    [Fact]
    [Rfc(9846, "4.2.3")]
    public void ServerHello_with_compression_is_an_illegal_parameter() =>
        ExpectAlert(TlsAlert.IllegalParameter, new TlsPair(), HandshakeType.ServerHello, m => With(m, Compression, 1));

    [Fact]
    [Rfc(9846, "4.2.3")]
    public void ServerHello_with_a_suite_not_offered_is_an_illegal_parameter() =>
        ExpectAlert(TlsAlert.IllegalParameter, new TlsPair(), HandshakeType.ServerHello, m => With(m, Suite + 1, 4));

    [Fact]
    [Rfc(9846, "4.2.3")]
    public void ServerHello_with_another_legacy_version_is_refused() =>
        ExpectAlert(TlsAlert.ProtocolVersion, new TlsPair(), HandshakeType.ServerHello, m => With(m, LegacyVersion + 1, 4));

    [Fact]
    [Rfc(9001, "4.2")]
    public void A_server_of_TLS_1_2_is_refused() =>
        ExpectAlert(TlsAlert.ProtocolVersion, new TlsPair(), HandshakeType.ServerHello, m =>
            RemoveExtension(m, (int)ExtensionType.SupportedVersions));

    [Fact]
    [Rfc(9001, "4.2")]
    public void A_ServerHello_without_extensions_is_refused() =>
        ExpectAlert(TlsAlert.ProtocolVersion, new TlsPair(), HandshakeType.ServerHello, m => EditBody(m, b => b[..38]));

    [Theory]
    [Rfc(9846, "4.2.3")]
    [InlineData(0)]
    [InlineData(1)]
    public void A_downgrade_sentinel_is_an_illegal_parameter(byte last) =>
        ExpectAlert(TlsAlert.IllegalParameter, new TlsPair(), HandshakeType.ServerHello, m =>
        {
            byte[] old = RemoveExtension(m, (int)ExtensionType.SupportedVersions);
            byte[] sentinel = [.. "DOWNGRD"u8, last];
            sentinel.CopyTo(old, Random + 32 - sentinel.Length);
            return old;
        });

    [Fact]
    [Rfc(9846, "4.3.1")]
    public void A_version_not_offered_is_an_illegal_parameter() =>
        ExpectAlert(TlsAlert.IllegalParameter, new TlsPair(), HandshakeType.ServerHello, m =>
            SetExtension(m, (int)ExtensionType.SupportedVersions, 3, 3));

    [Fact]
    [Rfc(9846, "9.2")]
    public void ServerHello_without_key_share_is_a_missing_extension() =>
        ExpectAlert(TlsAlert.MissingExtension, new TlsPair(), HandshakeType.ServerHello, m => RemoveExtension(m, (int)ExtensionType.KeyShare));

    [Theory]
    [Rfc(9846, "4.3.8")]
    [InlineData(0x0017)]
    [InlineData(0x0000)]
    [InlineData(0x1234)]
    public void A_key_share_for_a_group_that_had_none_is_an_illegal_parameter(int group) =>
        ExpectAlert(TlsAlert.IllegalParameter, new TlsPair(), HandshakeType.ServerHello, m =>
            SetExtension(m, (int)ExtensionType.KeyShare, [.. UInt16(group), 0, 1, 4]));

    [Fact]
    [Rfc(9846, "7.4.2")]
    public void A_key_share_that_forces_a_secret_of_zeros_is_an_illegal_parameter() =>
        ExpectAlert(TlsAlert.IllegalParameter, new TlsPair(), HandshakeType.ServerHello, m =>
            SetExtension(m, (int)ExtensionType.KeyShare, [.. UInt16((int)NamedGroup.X25519), 0, 32, .. new byte[32]]));

    [Theory]
    [Rfc(9846, "4.3")]
    [InlineData(HandshakeType.ServerHello)]
    [InlineData(HandshakeType.EncryptedExtensions)]
    public void An_answer_to_nothing_is_an_unsupported_extension(int type)
    {
        ExpectAlert(TlsAlert.UnsupportedExtension, new TlsPair(), (HandshakeType)type, m => AddExtension(m, UnknownExtension));
        ExpectAlert(TlsAlert.UnsupportedExtension, new TlsPair(), (HandshakeType)type, m => AddExtension(m, (int)ExtensionType.EarlyData));
        ExpectAlert(TlsAlert.UnsupportedExtension, new TlsPair(), (HandshakeType)type, m => AddExtension(m, (int)ExtensionType.Cookie, 0, 1, 1));
    }

    [Theory]
    [Rfc(9846, "4.3")]
    [InlineData(HandshakeType.ServerHello, ExtensionType.QuicTransportParameters)]
    [InlineData(HandshakeType.ServerHello, ExtensionType.ApplicationLayerProtocolNegotiation)]
    [InlineData(HandshakeType.EncryptedExtensions, ExtensionType.KeyShare)]
    [InlineData(HandshakeType.EncryptedExtensions, ExtensionType.SignatureAlgorithms)]
    [InlineData(HandshakeType.CertificateRequest, ExtensionType.KeyShare)]
    public void An_extension_in_the_wrong_message_is_an_illegal_parameter(int type, int extension) =>
        ExpectAlert(TlsAlert.IllegalParameter, WithClientCertificate(), (HandshakeType)type, m => AddExtension(m, extension));

    [Theory]
    [Rfc(9846, "4.3")]
    [InlineData(HandshakeType.ServerHello)]
    [InlineData(HandshakeType.EncryptedExtensions)]
    [InlineData(HandshakeType.CertificateRequest)]
    public void An_extension_twice_is_an_illegal_parameter(int type) =>
        ExpectAlert(TlsAlert.IllegalParameter, WithClientCertificate(), (HandshakeType)type, m => EditExtensions(m, e => e.Add(e[0])));

    [Fact]
    [Rfc(9001, "8.1")]
    public void A_server_that_chooses_no_protocol_is_refused() =>
        ExpectAlert(TlsAlert.NoApplicationProtocol, new TlsPair(), HandshakeType.EncryptedExtensions, m =>
            RemoveExtension(m, (int)ExtensionType.ApplicationLayerProtocolNegotiation));

    [Fact]
    public void A_protocol_not_offered_is_an_illegal_parameter() =>
        ExpectAlert(TlsAlert.IllegalParameter, new TlsPair(), HandshakeType.EncryptedExtensions, m =>
            SetExtension(m, (int)ExtensionType.ApplicationLayerProtocolNegotiation, 0, 3, 2, (byte)'h', (byte)'2'));

    [Fact]
    public void Two_protocols_chosen_are_a_decode_error() =>
        ExpectAlert(TlsAlert.DecodeError, new TlsPair(), HandshakeType.EncryptedExtensions, m =>
            SetExtension(m, (int)ExtensionType.ApplicationLayerProtocolNegotiation, 0, 6, 2, (byte)'h', (byte)'3', 2, (byte)'h', (byte)'3'));

    [Fact]
    [Rfc(9001, "8.2")]
    public void A_server_without_transport_parameters_is_refused() =>
        ExpectAlert(TlsAlert.MissingExtension, new TlsPair(), HandshakeType.EncryptedExtensions, m =>
            RemoveExtension(m, (int)ExtensionType.QuicTransportParameters));

    [Fact]
    [Rfc(9846, "4.4.2")]
    public void A_CertificateRequest_without_signature_algorithms_is_refused() =>
        ExpectAlert(TlsAlert.MissingExtension, WithClientCertificate(), HandshakeType.CertificateRequest, m =>
            RemoveExtension(m, (int)ExtensionType.SignatureAlgorithms));

    [Fact]
    [Rfc(9846, "4.4.2")]
    public void A_CertificateRequest_with_a_context_is_an_illegal_parameter() =>
        ExpectAlert(TlsAlert.IllegalParameter, WithClientCertificate(), HandshakeType.CertificateRequest, m =>
            EditBody(m, b => [1, 1, .. b[1..]]));

    [Fact]
    [Rfc(9846, "4.5.1.3")]
    public void An_empty_chain_of_the_server_is_a_decode_error() =>
        ExpectAlert(TlsAlert.DecodeError, new TlsPair(), HandshakeType.Certificate, _ => Message(HandshakeType.Certificate, [0, 0, 0, 0]));

    [Fact]
    public void A_certificate_that_is_none_is_a_bad_certificate() =>
        ExpectAlert(TlsAlert.BadCertificate, new TlsPair(), HandshakeType.Certificate, _ =>
            Message(HandshakeType.Certificate, [0, 0, 0, 7, 0, 0, 2, 0x30, 0, 0, 0]));

    [Fact]
    [Rfc(9846, "4.5.1")]
    public void An_extension_in_a_certificate_that_was_not_asked_for_is_refused() =>
        ExpectAlert(TlsAlert.UnsupportedExtension, new TlsPair(), HandshakeType.Certificate, _ =>
            Message(HandshakeType.Certificate, [0, 0, 0, 10, 0, 0, 1, 0x30, 0, 4, 0, (byte)ExtensionType.StatusRequest, 0, 0]));

    [Fact]
    [Rfc(9846, "4.5.1")]
    public void A_certificate_with_a_context_is_an_illegal_parameter() =>
        ExpectAlert(TlsAlert.IllegalParameter, new TlsPair(), HandshakeType.Certificate, m => EditBody(m, b => [1, 1, .. b[1..]]));

    [Fact]
    [Rfc(9846, "4.5.2")]
    public void A_wrong_signature_is_a_decrypt_error() =>
        ExpectAlert(TlsAlert.DecryptError, new TlsPair(), HandshakeType.CertificateVerify, m => With(m, m.Length - 1, (byte)(m[^1] ^ 1)));

    [Theory]
    [Rfc(9846, "4.5.2")]
    [InlineData(SignatureScheme.RsaPkcs1Sha256)]
    [InlineData(SignatureScheme.RsaPssRsaeSha256)]
    [InlineData(SignatureScheme.EcdsaSecp384r1Sha384)]
    [InlineData(SignatureScheme.Ed25519)]
    [InlineData(0x0203)]
    [InlineData(0x0000)]
    public void A_signature_of_a_scheme_that_does_not_fit_is_an_illegal_parameter(int scheme) =>
        ExpectAlert(TlsAlert.IllegalParameter, new TlsPair(), HandshakeType.CertificateVerify, m => EditBody(m, b => [.. UInt16(scheme), .. b[2..]]));

    [Fact]
    [Rfc(9846, "4.5.3")]
    public void A_wrong_Finished_is_a_decrypt_error() =>
        ExpectAlert(TlsAlert.DecryptError, new TlsPair(), HandshakeType.Finished, m => With(m, 10, (byte)(m[10] ^ 0x80)));

    [Fact]
    [Rfc(9846, "4.5.3")]
    public void A_Finished_of_another_length_is_a_decode_error() =>
        ExpectAlert(TlsAlert.DecodeError, new TlsPair(), HandshakeType.Finished, m => EditBody(m, b => b[1..]));

    [Theory]
    [Rfc(9846, "4")]
    [InlineData(HandshakeType.EncryptedExtensions)]
    [InlineData(HandshakeType.Certificate)]
    [InlineData(HandshakeType.CertificateVerify)]
    public void A_message_left_out_makes_the_next_one_unexpected(int type) =>
        ExpectAlert(TlsAlert.UnexpectedMessage, new TlsPair(), (HandshakeType)type, _ => null);

    [Theory]
    [Rfc(9846, "4")]
    [InlineData(HandshakeType.EncryptedExtensions)]
    [InlineData(HandshakeType.Certificate)]
    [InlineData(HandshakeType.CertificateVerify)]
    [InlineData(HandshakeType.CertificateRequest)]
    public void A_message_that_comes_twice_is_unexpected(int type) =>
        ExpectAlert(TlsAlert.UnexpectedMessage, WithClientCertificate(), (HandshakeType)type, m => [.. m, .. m]);

    [Theory]
    [Rfc(9846, "4.6")]
    [Rfc(9001, "6")]
    [InlineData(HandshakeType.EndOfEarlyData)]
    [InlineData(HandshakeType.KeyUpdate)]
    [InlineData(HandshakeType.ClientHello)]
    [InlineData(HandshakeType.NewSessionTicket)]
    [InlineData(HandshakeType.MessageHash)]
    [InlineData(0)]
    public void Other_messages_within_the_flight_are_unexpected(int type) =>
        ExpectAlert(TlsAlert.UnexpectedMessage, new TlsPair(), HandshakeType.Finished, m => [.. Message((HandshakeType)type, [0]), .. m]);

    [Fact]
    [Rfc(9846, "5.1")]
    public void Bytes_after_the_ServerHello_at_its_level_are_unexpected() =>
        ExpectAlert(TlsAlert.UnexpectedMessage, new TlsPair(), HandshakeType.ServerHello, m => [.. m, 8]);

    [Fact]
    [Rfc(9846, "5.1")]
    public void Bytes_after_the_Finished_at_its_level_are_unexpected() =>
        ExpectAlert(TlsAlert.UnexpectedMessage, new TlsPair(), HandshakeType.Finished, m => [.. m, 4]);

    [Fact]
    public void A_message_that_is_too_long_is_refused_at_its_header() =>
        ExpectAlert(TlsAlert.IllegalParameter, new TlsPair(), HandshakeType.Certificate, _ => [11, 0xFF, 0, 0]);

    private static TlsPair WithClientCertificate() => new(server: new ServerTlsSettings
    {
        Protocols = [TlsPair.Protocol("h3")],
        Certificate = TestCertificates.P256,
        RequestClientCertificate = true,
    });

    private static byte[] With(byte[] message, int position, byte value)
    {
        byte[] changed = [.. message];
        changed[position] = value;
        return changed;
    }
}
