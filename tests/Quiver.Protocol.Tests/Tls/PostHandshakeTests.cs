using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Extensions;
using Quiver.Protocol.Tls.Messages;
using Quiver.Testing;
using static Quiver.Protocol.Tests.Tls.MessageEditor;
using static Quiver.Protocol.Tests.Tls.Violations;

namespace Quiver.Protocol.Tests.Tls;

public sealed class PostHandshakeTests
{
    private static readonly byte[] s_ticket = [0, 0, 1, 0, 1, 2, 3, 4, 1, 9, 0, 2, 5, 6];

    [Fact]
    [Rfc(9846, "4.7.1")]
    public void Tickets_are_ignored_however_they_are_cut()
    {
        using TlsPair pair = new TlsPair().Run();
        byte[] ticket = Message(HandshakeType.NewSessionTicket, [.. s_ticket, 0, 4, 0x7A, 0x7A, 0, 0]);
        for (int i = 0; i < 3; i++)
        {
            foreach (byte b in ticket)
            {
                pair.Client.Receive(EncryptionLevel.Application, [b]);
            }
        }

        Assert.True(pair.Client.IsComplete);
    }

    [Fact]
    [Rfc(9001, "4.6.1")]
    public void A_ticket_with_another_limit_of_early_data_than_QUIC_has_is_a_protocol_violation()
    {
        using TlsPair pair = new TlsPair().Run();
        byte[] early = [0, (byte)ExtensionType.EarlyData, 0, 4];
        pair.Client.Receive(
            EncryptionLevel.Application, Message(HandshakeType.NewSessionTicket, [.. s_ticket, 0, 8, .. early, 255, 255, 255, 255]));
        TransportException thrown = Assert.Throws<TransportException>(() => pair.Client.Receive(
            EncryptionLevel.Application, Message(HandshakeType.NewSessionTicket, [.. s_ticket, 0, 8, .. early, 0, 0, 255, 255])));
        Assert.Equal(TransportErrorCode.ProtocolViolation, thrown.Code);
    }

    [Fact]
    public void A_broken_ticket_is_a_decode_error()
    {
        using TlsPair pair = new TlsPair().Run();
        AssertAlert(TlsAlert.DecodeError, Assert.Throws<TransportException>(() =>
            pair.Client.Receive(EncryptionLevel.Application, Message(HandshakeType.NewSessionTicket, s_ticket))));
    }

    [Fact]
    [Rfc(9001, "4.4")]
    public void A_CertificateRequest_after_the_handshake_is_a_protocol_violation()
    {
        using TlsPair pair = new TlsPair().Run();
        TransportException thrown = Assert.Throws<TransportException>(() =>
            pair.Client.Receive(EncryptionLevel.Application, Message(HandshakeType.CertificateRequest, [0, 0, 0])));
        Assert.Equal(TransportErrorCode.ProtocolViolation, thrown.Code);
    }

    [Theory]
    [Rfc(9001, "6")]
    [InlineData(HandshakeType.KeyUpdate)]
    [InlineData(HandshakeType.Finished)]
    [InlineData(HandshakeType.ClientHello)]
    public void Other_messages_after_the_handshake_are_unexpected(int type)
    {
        using TlsPair pair = new TlsPair().Run();
        byte[] message = Message((HandshakeType)type, [0]);
        AssertAlert(TlsAlert.UnexpectedMessage, Assert.Throws<TransportException>(() => pair.Client.Receive(EncryptionLevel.Application, message)));
        AssertAlert(TlsAlert.UnexpectedMessage, Assert.Throws<TransportException>(() => pair.Server.Receive(EncryptionLevel.Application, message)));
    }

    [Fact]
    public void A_server_takes_no_tickets()
    {
        using TlsPair pair = new TlsPair().Run();
        AssertAlert(TlsAlert.UnexpectedMessage, Assert.Throws<TransportException>(() =>
            pair.Server.Receive(EncryptionLevel.Application, Message(HandshakeType.NewSessionTicket, [.. s_ticket, 0, 0]))));
    }
}
