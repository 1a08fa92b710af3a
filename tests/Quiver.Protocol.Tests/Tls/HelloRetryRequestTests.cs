using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Extensions;
using Quiver.Protocol.Tls.Messages;
using Quiver.Testing;
using static Quiver.Protocol.Tests.Tls.MessageEditor;
using static Quiver.Protocol.Tests.Tls.Violations;

namespace Quiver.Protocol.Tests.Tls;

[Rfc(9846, "4.2.4")]
public sealed class HelloRetryRequestTests
{
    private const int Suite = 39;
    private const int MaxFlights = 20;

    [Theory]
    [InlineData(NamedGroup.X25519, NamedGroup.Secp256r1, CipherSuite.Aes128GcmSha256)]
    [InlineData(NamedGroup.X25519, NamedGroup.Secp384r1, CipherSuite.Aes256GcmSha384)]
    [InlineData(NamedGroup.Secp256r1, NamedGroup.X25519, CipherSuite.ChaCha20Poly1305Sha256)]
    [InlineData(NamedGroup.X25519, NamedGroup.X25519MLKem768, CipherSuite.Aes128GcmSha256)]
    public void The_client_sends_the_share_that_it_is_asked_for(int shared, int wanted, int suite)
    {
        using TlsPair pair = Pair((NamedGroup)shared, (NamedGroup)wanted, (CipherSuite)suite);
        pair.Run();
        HandshakeTests.AssertAgreement(pair);
        Assert.Equal((NamedGroup)wanted, pair.Client.NegotiatedGroup);
        Assert.Equal(2, pair.ClientSink.Events.Count(e => e == "bytes Initial"));
        Assert.Equal(1, pair.ServerSink.Events.Count(e => e == "parameters"));
    }

    [Fact]
    [Rfc(9846, "4.3.8")]
    public void A_group_with_a_share_is_taken_before_one_that_the_server_likes_better()
    {
        ClientTlsSettings client = new()
        {
            Protocols = [TlsPair.Protocol("h3")],
            Groups = [NamedGroup.X25519, NamedGroup.Secp256r1],
            KeyShares = [NamedGroup.Secp256r1],
        };
        ServerTlsSettings server = new()
        {
            Protocols = [TlsPair.Protocol("h3")],
            Certificate = TestCertificates.P256,
            Groups = [NamedGroup.X25519, NamedGroup.Secp256r1],
        };
        using TlsPair pair = new TlsPair(client, server).Run();
        HandshakeTests.AssertAgreement(pair);
        Assert.Equal(NamedGroup.Secp256r1, pair.Server.NegotiatedGroup);
    }

    [Fact]
    public void A_client_without_any_share_is_asked_for_one()
    {
        ClientTlsSettings client = new() { Protocols = [TlsPair.Protocol("h3")], KeyShares = [] };
        using TlsPair pair = new TlsPair(client).Run();
        HandshakeTests.AssertAgreement(pair);
        Assert.Equal(NamedGroup.X25519MLKem768, pair.Server.NegotiatedGroup);
    }

    [Fact]
    [Rfc(9846, "4.3.2")]
    public void The_cookie_is_sent_back()
    {
        using TlsPair pair = Pair();
        byte[] cookie = [0, 3, 7, 8, 9];
        byte[]? second = null;
        pair.OnTheWay = (fromClient, level, bytes) =>
        {
            second = fromClient && level == EncryptionLevel.Initial ? bytes : second;
            return [IsRetry(fromClient, level, pair) ? AddExtension(bytes, (int)ExtensionType.Cookie, cookie) : bytes];
        };
        RunToEnd(pair);
        Assert.NotNull(second);
        Assert.Equal(cookie, FindExtension(second, ExtensionType.Cookie));
    }

    [Fact]
    public void A_second_retry_is_unexpected()
    {
        byte[]? retry = null;
        using TlsPair pair = Pair();
        pair.OnTheWay = (fromClient, level, bytes) =>
        {
            if (!fromClient && level == EncryptionLevel.Initial)
            {
                retry ??= bytes;
                return [retry];
            }

            return [bytes];
        };
        AssertAlert(TlsAlert.UnexpectedMessage, Assert.Throws<TransportException>(() => pair.Run()));
    }

    [Fact]
    public void A_retry_that_asks_for_nothing_is_an_illegal_parameter() =>
        ExpectRetryAlert(TlsAlert.IllegalParameter, m => RemoveExtension(m, (int)ExtensionType.KeyShare));

    [Theory]
    [Rfc(9846, "4.3.8")]
    [InlineData(NamedGroup.X25519)]
    [InlineData(NamedGroup.Secp384r1)]
    [InlineData(NamedGroup.None)]
    public void A_retry_for_a_group_with_a_share_or_not_offered_is_an_illegal_parameter(int group) =>
        ExpectRetryAlert(TlsAlert.IllegalParameter, m => SetExtension(m, (int)ExtensionType.KeyShare, UInt16(group)));

    [Fact]
    public void A_retry_with_a_suite_not_offered_is_an_illegal_parameter() =>
        ExpectRetryAlert(TlsAlert.IllegalParameter, m => [.. m[..Suite], 0x13, 0x05, .. m[(Suite + 2)..]]);

    [Fact]
    [Rfc(9846, "4.3")]
    public void A_retry_with_other_extensions_is_refused()
    {
        ExpectRetryAlert(TlsAlert.UnsupportedExtension, m => AddExtension(m, 0x7777));
        ExpectRetryAlert(TlsAlert.IllegalParameter, m => AddExtension(m, (int)ExtensionType.SupportedGroups, 0, 2, 0, 23));
    }

    [Fact]
    public void Another_suite_after_the_retry_is_an_illegal_parameter() =>
        ExpectServerHelloAlert(TlsAlert.IllegalParameter, m => [.. m[..Suite], 0x13, 0x03, .. m[(Suite + 2)..]]);

    [Fact]
    [Rfc(9846, "4.3.8")]
    public void Another_group_after_the_retry_is_an_illegal_parameter() =>
        ExpectServerHelloAlert(TlsAlert.IllegalParameter, m =>
            SetExtension(m, (int)ExtensionType.KeyShare, [.. UInt16((int)NamedGroup.X25519), 0, 32, .. new byte[32]]));

    [Fact]
    [Rfc(9846, "4.2.2")]
    public void A_second_ClientHello_with_other_changes_is_an_illegal_parameter()
    {
        ExpectSecondHelloAlert(m => [.. m[..6], (byte)(m[6] ^ 1), .. m[7..]]);
        ExpectSecondHelloAlert(m => SetExtension(m, (int)ExtensionType.QuicTransportParameters, 9));
        ExpectSecondHelloAlert(m => SetExtension(m, (int)ExtensionType.ApplicationLayerProtocolNegotiation, 0, 3, 2, (byte)'h', (byte)'2'));
        ExpectSecondHelloAlert(m => RemoveExtension(m, (int)ExtensionType.ServerName));
        ExpectSecondHelloAlert(m => AddExtension(m, (int)ExtensionType.EarlyData));
        ExpectSecondHelloAlert(m => SetExtension(m, (int)ExtensionType.KeyShare, 0, 0));
        ExpectSecondHelloAlert(m => EditExtensions(m, e =>
        {
            int i = e.FindIndex(x => x.Type == (int)ExtensionType.KeyShare);
            byte[] data = e[i].Data;
            e[i] = (e[i].Type, [.. UInt16(data.Length + 3), .. data[2..], 0, 0x1D, 0, 1, 5]);
        }));
    }

    [Fact]
    public void A_Finished_in_place_of_the_second_ClientHello_is_unexpected() =>
        ExpectSecondHelloAlert(_ => Message(HandshakeType.Finished, new byte[32]), TlsAlert.UnexpectedMessage);

    private static TlsPair Pair(
        NamedGroup shared = NamedGroup.X25519, NamedGroup wanted = NamedGroup.Secp256r1, CipherSuite suite = CipherSuite.Aes128GcmSha256) =>
        new(
            new ClientTlsSettings
            {
                Protocols = [TlsPair.Protocol("h3")],
                ServerName = "localhost",
                Groups = [shared, wanted],
                KeyShares = [shared],
                Suites = [suite, CipherSuite.ChaCha20Poly1305Sha256],
            },
            new ServerTlsSettings { Protocols = [TlsPair.Protocol("h3")], Certificate = TestCertificates.P256, Groups = [wanted] });

    private static bool IsRetry(bool fromClient, EncryptionLevel level, TlsPair pair) =>
        !fromClient && level == EncryptionLevel.Initial && !pair.ServerSink.WriteSecrets.ContainsKey(EncryptionLevel.Handshake);

    private static void ExpectRetryAlert(TlsAlert expected, Func<byte[], byte[]> edit)
    {
        using TlsPair pair = Pair();
        pair.OnTheWay = (fromClient, level, bytes) => [IsRetry(fromClient, level, pair) ? edit(bytes) : bytes];
        AssertAlert(expected, Assert.Throws<TransportException>(() => pair.Run()));
    }

    private static void ExpectServerHelloAlert(TlsAlert expected, Func<byte[], byte[]> edit)
    {
        using TlsPair pair = Pair();
        pair.OnTheWay = (fromClient, level, bytes) =>
            [!fromClient && level == EncryptionLevel.Initial && !IsRetry(fromClient, level, pair) ? edit(bytes) : bytes];
        AssertAlert(expected, Assert.Throws<TransportException>(() => pair.Run()));
    }

    private static void ExpectSecondHelloAlert(Func<byte[], byte[]> edit, TlsAlert expected = TlsAlert.IllegalParameter)
    {
        int hellos = 0;
        using TlsPair pair = Pair();
        pair.OnTheWay = (fromClient, level, bytes) =>
            [fromClient && level == EncryptionLevel.Initial && ++hellos == 2 ? edit(bytes) : bytes];
        AssertAlert(expected, Assert.Throws<TransportException>(() => pair.Run()));
        Assert.Equal(2, hellos);
    }

    // A changed retry leads to different transcripts, which Finished shows.
    private static void RunToEnd(TlsPair pair)
    {
        TransportException thrown = Assert.Throws<TransportException>(() => pair.Run());
        AssertAlert(TlsAlert.DecryptError, thrown);
        Assert.True(pair.ClientSink.Events.Count < MaxFlights);
    }

    private static byte[]? FindExtension(byte[] message, ExtensionType type)
    {
        byte[]? found = null;
        EditExtensions(message, e => found = e.Find(x => x.Type == (int)type).Data);
        return found;
    }
}
