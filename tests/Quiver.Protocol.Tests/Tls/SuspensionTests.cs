using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Messages;
using Quiver.Testing;
using static Quiver.Protocol.Tests.Tls.Violations;

namespace Quiver.Protocol.Tests.Tls;

public sealed class SuspensionTests
{
    [Fact]
    public void A_server_sends_nothing_until_it_has_settings()
    {
        using TlsPair pair = new();
        pair.Client.Start();
        byte[] hello = pair.ClientSink.Outbox.Dequeue().Bytes;
        pair.Server.Receive(EncryptionLevel.Initial, hello.AsSpan(0, 10));
        Assert.Equal(TlsSuspension.None, pair.Server.Suspension);
        pair.Server.Receive(EncryptionLevel.Initial, hello.AsSpan(10));
        Assert.Equal(TlsSuspension.ServerSettings, pair.Server.Suspension);
        Assert.Equal("localhost", pair.Server.ServerName);
        Assert.Equal("h3"u8, pair.Server.OfferedProtocols[0].Span);
        Assert.Empty(pair.ServerSink.Outbox);
        pair.Server.ResumeWithServerSettings(TlsPair.ServerSettings(), TlsPair.ServerParameters);
        Assert.Equal(TlsSuspension.None, pair.Server.Suspension);
        Assert.Equal(2, pair.ServerSink.Outbox.Count);
    }

    [Fact]
    public void Bytes_that_come_while_a_client_waits_for_a_verdict_are_kept()
    {
        using TlsPair pair = new();
        RunToVerdict(pair, out byte[] finished);
        pair.Client.Receive(EncryptionLevel.Handshake, finished);
        Assert.False(pair.Client.IsComplete);
        Assert.Single(pair.Client.PeerCertificates);
        pair.Client.ResumeWithCertificateVerdict(null, string.Empty);
        Assert.True(pair.Client.IsComplete);
    }

    [Fact]
    public void A_client_that_got_its_verdict_early_completes_with_the_Finished()
    {
        using TlsPair pair = new();
        RunToVerdict(pair, out byte[] finished);
        pair.Client.ResumeWithCertificateVerdict(null, string.Empty);
        Assert.False(pair.Client.IsComplete);
        pair.Client.Receive(EncryptionLevel.Handshake, finished);
        Assert.True(pair.Client.IsComplete);
    }

    [Fact]
    [Rfc(9846, "4")]
    public void Bytes_that_come_while_a_server_waits_for_settings_are_unexpected()
    {
        using TlsPair pair = new();
        pair.Client.Start();
        pair.Server.Receive(EncryptionLevel.Initial, pair.ClientSink.Outbox.Dequeue().Bytes);
        pair.Server.Receive(EncryptionLevel.Initial, []);
        AssertAlert(TlsAlert.UnexpectedMessage, Assert.Throws<TransportException>(() => pair.Server.Receive(EncryptionLevel.Initial, [1])));
    }

    [Fact]
    public void A_server_without_protocols_says_so()
    {
        using TlsPair pair = new(server: new ServerTlsSettings { Protocols = [], Certificate = TestCertificates.P256 });
        TransportException thrown = Assert.Throws<TransportException>(() => pair.Run());
        AssertAlert(TlsAlert.NoApplicationProtocol, thrown);
        Assert.EndsWith("the client offers \"h3\", the server has none", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_kept_has_a_limit()
    {
        using TlsPair pair = new();
        RunToVerdict(pair, out _);
        TransportException thrown = Assert.Throws<TransportException>(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                pair.Client.Receive(EncryptionLevel.Handshake, new byte[1000]);
            }
        });
        Assert.Equal(TransportErrorCode.CryptoBufferExceeded, thrown.Code);
    }

    [Fact]
    [Rfc(9846, "6.2")]
    public void A_verdict_against_the_server_ends_the_handshake_with_its_alert()
    {
        using TlsPair pair = new() { Rejection = TlsAlert.UnknownCa };
        TransportException thrown = Assert.Throws<TransportException>(() => pair.Run());
        AssertAlert(TlsAlert.UnknownCa, thrown);
        Assert.Equal("rejected by the test", thrown.Message);
        Assert.False(pair.Client.IsComplete);
    }

    [Fact]
    [Rfc(9846, "4.5.1.3")]
    public void A_server_may_refuse_an_empty_answer_to_its_request()
    {
        using TlsPair pair = new(server: new ServerTlsSettings
        {
            Protocols = [TlsPair.Protocol("h3")],
            Certificate = TestCertificates.P256,
            RequestClientCertificate = true,
        });
        pair.Client.Start();
        pair.Server.Receive(EncryptionLevel.Initial, pair.ClientSink.Outbox.Dequeue().Bytes);
        pair.Server.ResumeWithServerSettings(
            new ServerTlsSettings { Protocols = [TlsPair.Protocol("h3")], Certificate = TestCertificates.P256, RequestClientCertificate = true },
            TlsPair.ServerParameters);
        while (pair.ServerSink.Outbox.TryDequeue(out (EncryptionLevel Level, byte[] Bytes) sent))
        {
            pair.Client.Receive(sent.Level, sent.Bytes);
        }

        pair.Client.ResumeWithCertificateVerdict(null, string.Empty);
        pair.Server.Receive(EncryptionLevel.Handshake, pair.ClientSink.Outbox.Dequeue().Bytes);
        Assert.Equal(TlsSuspension.PeerCertificate, pair.Server.Suspension);
        Assert.Empty(pair.Server.PeerCertificates);
        AssertAlert(TlsAlert.CertificateRequired, Assert.Throws<TransportException>(
            () => pair.Server.ResumeWithCertificateVerdict(TlsAlert.CertificateRequired, "a certificate is required")));
    }

    [Theory]
    [Rfc(9001, "4.1.3")]
    [InlineData(EncryptionLevel.EarlyData)]
    [InlineData(EncryptionLevel.Handshake)]
    [InlineData(EncryptionLevel.Application)]
    public void Bytes_of_another_level_are_unexpected(int level)
    {
        using TlsPair pair = new();
        pair.Client.Start();
        AssertAlert(TlsAlert.UnexpectedMessage, Assert.Throws<TransportException>(() => pair.Client.Receive((EncryptionLevel)level, [2])));
        AssertAlert(TlsAlert.UnexpectedMessage, Assert.Throws<TransportException>(() => pair.Server.Receive((EncryptionLevel)level, [1])));
    }

    [Fact]
    public void Resuming_what_does_not_wait_is_a_mistake_of_the_caller()
    {
        using TlsPair pair = new();
        Assert.Throws<InvalidOperationException>(() => pair.Client.ResumeWithCertificateVerdict(null, string.Empty));
        Assert.Throws<InvalidOperationException>(() => pair.Server.ResumeWithCertificateVerdict(null, string.Empty));
        Assert.Throws<InvalidOperationException>(() => pair.Server.ResumeWithServerSettings(TlsPair.ServerSettings(), []));
    }

    private static void RunToVerdict(TlsPair pair, out byte[] finished)
    {
        pair.Client.Start();
        pair.Server.Receive(EncryptionLevel.Initial, pair.ClientSink.Outbox.Dequeue().Bytes);
        pair.Server.ResumeWithServerSettings(TlsPair.ServerSettings(), TlsPair.ServerParameters);
        pair.Client.Receive(EncryptionLevel.Initial, pair.ServerSink.Outbox.Dequeue().Bytes);
        byte[] flight = pair.ServerSink.Outbox.Dequeue().Bytes;
        finished = MessageEditor.Split(flight)[^1];
        Assert.Equal((byte)HandshakeType.Finished, finished[0]);
        pair.Client.Receive(EncryptionLevel.Handshake, flight.AsSpan(0, flight.Length - finished.Length));
        Assert.Equal(TlsSuspension.PeerCertificate, pair.Client.Suspension);
    }
}
