using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Extensions;
using Quiver.Protocol.Tls.KeyExchange;
using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tls;

/// <summary>The client's side: takes the server's messages in their order and answers. RFC 9846 §2, §A.1; RFC 9001 §4.</summary>
internal sealed class ClientHandshake : ITlsHandshake
{
    private readonly ClientTlsSettings _settings;
    private readonly ITlsSink _sink;
    private readonly ClientOffer _offer;
    private readonly HandshakeKeys _keys;
    private readonly MessageAssembler _input = new();
    private readonly PeerAuthentication _server = new(EndpointRole.Server);
    private readonly ClientAuthentication _authentication;
    private ClientState _state = ClientState.Start;
    private bool _isRetried;
    private bool _isProcessing;

    public ClientHandshake(ClientTlsSettings settings, ReadOnlySpan<byte> transportParameters, ITlsSink sink, IRandomSource random)
    {
        _settings = settings;
        _sink = sink;
        _offer = new ClientOffer(settings, transportParameters, random);
        _keys = new HandshakeKeys(EndpointRole.Client, sink);
        _authentication = new ClientAuthentication(settings.ClientCertificate);
    }

    public bool IsComplete { get; private set; }

    public TlsSuspension Suspension { get; private set; }

    public string? ServerName => _offer.ServerName;

    public IReadOnlyList<ReadOnlyMemory<byte>> OfferedProtocols => _settings.Protocols;

    public ReadOnlyMemory<byte> NegotiatedProtocol { get; private set; }

    public CipherSuite NegotiatedSuite { get; private set; }

    public NamedGroup NegotiatedGroup { get; private set; }

    public IReadOnlyList<ReadOnlyMemory<byte>> PeerCertificates => _server.Chain;

    public void Start()
    {
        if (_state != ClientState.Start)
        {
            throw new InvalidOperationException("The handshake has started already.");
        }

        _offer.Prepare();
        if (_settings.KeyLog)
        {
            _keys.LogKeysUnder(_offer.Random);
        }

        _state = ClientState.WaitServerHello;
        SendClientHello();
    }

    public void Receive(EncryptionLevel level, ReadOnlySpan<byte> bytes)
    {
        _input.Append(level, bytes);
        Process();
    }

    public void ResumeWithServerSettings(ServerTlsSettings settings, ReadOnlySpan<byte> transportParameters) =>
        throw new InvalidOperationException("A client does not wait for a server's settings.");

    public void ResumeWithCertificateVerdict(TlsAlert? rejection, string reason)
    {
        if (Suspension != TlsSuspension.PeerCertificate)
        {
            throw new InvalidOperationException("The handshake does not wait for a verdict.");
        }

        if (rejection is TlsAlert alert)
        {
            TransportException.ThrowAlert(alert, reason);
        }

        Suspension = TlsSuspension.None;
        Process();
    }

    public void Dispose()
    {
        _offer.Dispose();
        _keys.Dispose();
    }

    private void Process()
    {
        // The sink may hand us bytes from within a call of ours: those are taken by the loop that is running.
        if (_isProcessing)
        {
            return;
        }

        _isProcessing = true;
        try
        {
            while (Suspension == TlsSuspension.None && _input.TryTake(out HandshakeMessage message))
            {
                Handle(message);
            }
        }
        finally
        {
            _isProcessing = false;
        }
    }

    private void Handle(HandshakeMessage message)
    {
        switch (_state)
        {
            case ClientState.WaitServerHello:
                OnServerHello(message);
                break;
            case ClientState.WaitEncryptedExtensions:
                OnEncryptedExtensions(message);
                break;
            case ClientState.WaitCertificateOrRequest when message.Type == HandshakeType.CertificateRequest:
                _authentication.OnRequest(message);
                _keys.Transcript.Add(message.Whole);
                _state = ClientState.WaitCertificate;
                break;
            case ClientState.WaitCertificateOrRequest or ClientState.WaitCertificate:
                message.Expect(HandshakeType.Certificate);
                _server.OnCertificate(message, _offer.Requested);
                _keys.Transcript.Add(message.Whole);
                _state = ClientState.WaitCertificateVerify;
                break;
            case ClientState.WaitCertificateVerify:
                OnCertificateVerify(message);
                break;
            case ClientState.WaitFinished:
                OnFinished(message);
                break;
            case ClientState.Connected:
                PostHandshake.HandleAtClient(message);
                break;
            case ClientState.Start:
            default:
                message.ThrowUnexpected("before the ClientHello was sent");
                break;
        }
    }

    private void OnServerHello(HandshakeMessage message)
    {
        message.Expect(HandshakeType.ServerHello);
        ServerHello hello = ServerHello.Read(message);
        ServerHelloRules.Check(hello, _offer, _isRetried ? NegotiatedSuite : null);
        if (hello.IsRetry)
        {
            OnRetry(hello, message);
            return;
        }

        NamedGroup retriedGroup = _isRetried ? NegotiatedGroup : NamedGroup.None;
        ReadOnlySpan<byte> share = ServerHelloRules.ReadShare(hello, _offer, retriedGroup, out IKeyShare own);
        SelectSuite(hello.Suite);
        NegotiatedGroup = own.Group;
        _keys.Transcript.Add(message.Whole);
        byte[] secret = own.Agree(share);
        _offer.Dispose();
        _input.MoveTo(EncryptionLevel.Handshake);
        _state = ClientState.WaitEncryptedExtensions;
        _keys.InstallHandshakeSecrets(secret);
    }

    private void OnRetry(ServerHello retry, HandshakeMessage message)
    {
        // One retry only. RFC 9846 §4.2.4.
        if (_isRetried)
        {
            message.ThrowUnexpected("as a second HelloRetryRequest");
        }

        NegotiatedGroup = ServerHelloRules.ReadRetry(retry, out ReadOnlySpan<byte> cookie);
        _offer.Retry(NegotiatedGroup, cookie);
        SelectSuite(retry.Suite);
        _isRetried = true;
        _keys.Transcript.ReplaceByMessageHash();
        _keys.Transcript.Add(message.Whole);
        SendClientHello();
    }

    private void OnEncryptedExtensions(HandshakeMessage message)
    {
        message.Expect(HandshakeType.EncryptedExtensions);
        ExtensionBlock extensions = EncryptedExtensions.Read(message, _offer.Requested);

        // Without a protocol there is no QUIC connection. RFC 9001 §8.1.
        if (!extensions.TryFind(ExtensionType.ApplicationLayerProtocolNegotiation, out ReadOnlySpan<byte> alpn))
        {
            TransportException.ThrowAlert(TlsAlert.NoApplicationProtocol, "TLS: the server chose no ALPN protocol");
        }

        NegotiatedProtocol = AlpnExtension.ReadResponse(alpn, _settings.Protocols);
        if (extensions.TryFind(ExtensionType.ServerName, out ReadOnlySpan<byte> name))
        {
            ServerNameExtension.ReadResponse(name);
        }

        if (extensions.TryFind(ExtensionType.SupportedGroups, out ReadOnlySpan<byte> groups))
        {
            SupportedGroupsExtension.Read(groups);
        }

        // RFC 9001 §8.2.
        ReadOnlySpan<byte> parameters = extensions.Find(ExtensionType.QuicTransportParameters, ExtensionPlacement.EncryptedExtensions);
        _keys.Transcript.Add(message.Whole);
        _state = ClientState.WaitCertificateOrRequest;
        _sink.OnPeerTransportParameters(parameters);
    }

    private void OnCertificateVerify(HandshakeMessage message)
    {
        message.Expect(HandshakeType.CertificateVerify);
        _server.OnCertificateVerify(message, _keys.Transcript);
        _keys.Transcript.Add(message.Whole);
        _state = ClientState.WaitFinished;
        Suspension = TlsSuspension.PeerCertificate;
    }

    private void OnFinished(HandshakeMessage message)
    {
        message.Expect(HandshakeType.Finished);
        Finished.Verify(message, EndpointRole.Server, _keys);
        _keys.Transcript.Add(message.Whole);
        using ApplicationSecrets secrets = _keys.DeriveApplicationSecrets();
        TlsWriter writer = new();
        _authentication.WriteAnswer(writer, _keys.Transcript);
        Finished.Write(writer, EndpointRole.Client, _keys);
        _input.MoveTo(EncryptionLevel.Application);
        _state = ClientState.Connected;
        IsComplete = true;
        _sink.OnHandshakeBytes(EncryptionLevel.Handshake, writer.Written);
        _keys.InstallApplicationWrite(secrets);
        _keys.InstallApplicationRead(secrets);

        // What is left serves for tickets only. When these are kept, the resumption secret is to be derived before this.
        Dispose();
        _sink.OnHandshakeComplete();
    }

    private void SelectSuite(CipherSuite suite)
    {
        if (!_isRetried)
        {
            _keys.Select(suite);
            NegotiatedSuite = suite;
        }
    }

    private void SendClientHello()
    {
        TlsWriter writer = new();
        _keys.Transcript.Add(_offer.Write(writer));
        _sink.OnHandshakeBytes(EncryptionLevel.Initial, writer.Written);
    }
}
