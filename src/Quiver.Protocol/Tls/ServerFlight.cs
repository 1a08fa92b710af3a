using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.KeyExchange;
using Quiver.Protocol.Tls.Messages;
using Quiver.Protocol.Tls.Resumption;

namespace Quiver.Protocol.Tls;

/// <summary>What a server sends: a HelloRetryRequest if it must, then everything from ServerHello to Finished. RFC 9846 §2.</summary>
internal sealed class ServerFlight(
    ServerNegotiation negotiation, ServerTlsSettings settings, byte[] transportParameters, HandshakeKeys keys, ITlsSink sink)
{
    private readonly TlsWriter _writer = new();

    public ServerNegotiation Negotiation { get; private set; } = negotiation;

    public bool RequestsCertificate => settings.RequestClientCertificate;

    public TicketSettings? Tickets => settings.RequestClientCertificate ? null : settings.Tickets;

    public void SendRetry()
    {
        keys.Transcript.ReplaceByMessageHash();
        keys.Transcript.Add(ServerHello.Write(_writer, random: null, Negotiation.Suite, Negotiation.Group, share: []));
        Emit(EncryptionLevel.Initial);
    }

    public void DropSession(ClientHello hello) => Negotiation = Negotiation.WithoutSession(hello, settings);

    /// <summary>The transcript ends with the ClientHello. Returns the application secrets, of which the write half is installed.</summary>
    public ApplicationSecrets Send(ClientHello hello, bool acknowledgeServerName, IRandomSource random)
    {
        ReadOnlySpan<byte> clientShare = ServerNegotiation.FindShare(hello, Negotiation.Group);
        KeyAgreement agreement = KeyExchanges.Respond(Negotiation.Group, clientShare, random);
        keys.Transcript.Add(
            ServerHello.Write(_writer, random, Negotiation.Suite, Negotiation.Group, agreement.Share, Negotiation.Psk?.Index));
        Emit(EncryptionLevel.Initial);
        if (Negotiation.Psk is { } psk)
        {
            keys.UsePsk(psk.Psk);
        }

        keys.InstallHandshakeSecrets(agreement.Secret);

        // A group better liked than the ones with shares is made known. RFC 9846 §4.3.7.
        IReadOnlyList<NamedGroup>? groups = settings.Groups[0] == Negotiation.Group ? null : settings.Groups;
        keys.Transcript.Add(
            EncryptedExtensions.Write(
                _writer, Negotiation.Protocol, transportParameters, acknowledgeServerName, Negotiation.AcceptsEarlyData, groups));
        if (RequestsCertificate)
        {
            keys.Transcript.Add(CertificateRequest.Write(_writer));
        }

        if (Negotiation.Scheme is SignatureScheme scheme)
        {
            OwnAuthentication.Write(_writer, settings.Certificate, scheme, EndpointRole.Server, keys.Transcript);
        }

        keys.Transcript.Add(Finished.Write(_writer, EndpointRole.Server, keys));
        Emit(EncryptionLevel.Handshake);
        ApplicationSecrets secrets = keys.DeriveApplicationSecrets();
        keys.InstallApplicationWrite(secrets);
        return secrets;
    }

    private void Emit(EncryptionLevel level)
    {
        sink.OnHandshakeBytes(level, _writer.Written);
        _writer.Clear();
    }
}
