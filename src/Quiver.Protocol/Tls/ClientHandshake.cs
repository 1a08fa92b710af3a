using System.Security.Cryptography;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Extensions;
using Quiver.Protocol.Tls.KeyExchange;
using Quiver.Protocol.Tls.Messages;
using Quiver.Protocol.Tls.Resumption;

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
    private byte[]? _resumptionSecret;
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

    public bool IsResumed { get; private set; }

    public PskOffer? OfferedPsks => null;

    public IReadOnlyList<ReadOnlyMemory<byte>> PeerCertificates =>
        IsResumed ? _settings.Session!.Session.PeerCertificates : _server.Chain; // What was resumed was offered.

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

    public void SendTickets(QuicVersion version, byte[] rememberedParameters, long unixMilliseconds) =>
        throw new InvalidOperationException("A client gives no tickets.");

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
        ReleaseHandshake();
        CryptographicOperations.ZeroMemory(_resumptionSecret);
    }

    private void ReleaseHandshake()
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
                OnPostHandshake(message);
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
        IsResumed = ServerHelloRules.ReadsSession(hello, _offer);
        if (IsResumed)
        {
            _keys.UsePsk(_offer.Session!.Session.Psk); // Taken by the server, so it was offered.
        }

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
        if (_offer.HasEarlyData)
        {
            _sink.OnEarlyData(isAccepted: false);
        }

        _offer.Retry(NegotiatedGroup, cookie);
        _offer.OnRetrySuite(retry.Suite);
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
        bool isEarlyAccepted = ReadEarlyData(extensions);
        _keys.Transcript.Add(message.Whole);

        // With a session the server proves itself by its key, and says nothing of certificates. RFC 9846 §2.2.
        _state = IsResumed ? ClientState.WaitFinished : ClientState.WaitCertificateOrRequest;
        if (IsResumed && _settings.Session!.NeedsVerdict)
        {
            Suspension = TlsSuspension.PeerCertificate;
        }

        _sink.OnPeerTransportParameters(parameters);
        if (_offer.HasEarlyData)
        {
            _sink.OnEarlyData(isEarlyAccepted);
        }
    }

    private bool ReadEarlyData(ExtensionBlock extensions)
    {
        if (!extensions.TryFind(ExtensionType.EarlyData, out ReadOnlySpan<byte> data))
        {
            return false;
        }

        EarlyDataExtension.ReadIndication(data);

        // Only with the session, its suite and its protocol. RFC 9846 §4.3.10.
        if (!IsResumed || NegotiatedSuite != _offer.Session!.Session.Suite || !NegotiatedProtocol.Span.SequenceEqual(_offer.Session.Session.Protocol.Span))
        {
            TransportException.ThrowAlert(
                TlsAlert.IllegalParameter, "TLS: the server takes early data, but not the session, suite or protocol that it was sent with");
        }

        return true;
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
        _keys.Transcript.Add(Finished.Write(writer, EndpointRole.Client, _keys));
        if (_settings.AcceptsTickets)
        {
            _resumptionSecret = _keys.DeriveResumptionSecret();
        }

        _input.MoveTo(EncryptionLevel.Application);
        _state = ClientState.Connected;
        IsComplete = true;
        _sink.OnHandshakeBytes(EncryptionLevel.Handshake, writer.Written);
        _keys.InstallApplicationWrite(secrets);
        _keys.InstallApplicationRead(secrets);

        ReleaseHandshake();
        _sink.OnHandshakeComplete();
    }

    private void OnPostHandshake(HandshakeMessage message)
    {
        if (message.Type != HandshakeType.NewSessionTicket)
        {
            PostHandshake.RejectAtClient(message);
        }

        NewSessionTicket ticket = NewSessionTicket.Read(message);

        // Without resumption tickets are ignored, and so is one that must not be kept. RFC 9846 §4.7.1.
        if (_resumptionSecret is null || ticket.LifetimeSeconds == 0)
        {
            return;
        }

        TimeSpan lifetime = TimeSpan.FromSeconds(ticket.LifetimeSeconds);
        _sink.OnSessionTicket(new TlsSession
        {
            Suite = NegotiatedSuite,
            Group = NegotiatedGroup,
            Protocol = NegotiatedProtocol,
            Psk = PskSecrets.DerivePsk(NegotiatedSuite, _resumptionSecret, ticket.Nonce),
            Ticket = ticket.Ticket.ToArray(),
            AgeAdd = ticket.AgeAdd,
            Lifetime = lifetime < TlsSession.MaxLifetime ? lifetime : TlsSession.MaxLifetime,
            AllowsEarlyData = ticket.AllowsEarlyData,
            PeerCertificates = PeerCertificates,
        });
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
        ReadOnlySpan<byte> hello = _offer.Write(writer, out int bindersLength);
        if (_offer.Session is { } offer)
        {
            WriteBinder(writer, offer.Session, hello[..^bindersLength]);
        }
        else
        {
            _keys.Transcript.Add(hello);
        }

        _sink.OnHandshakeBytes(EncryptionLevel.Initial, hello);
        if (_offer is { HasEarlyData: true, Session: { } early })
        {
            _keys.InstallEarlySecret(early.Session.Suite, early.Session.Psk, hello);
        }
    }

    // The transcript takes the hello in two parts, since the binder in its end covers what comes before. RFC 9846 §4.3.11.2.
    private void WriteBinder(TlsWriter writer, TlsSession session, ReadOnlySpan<byte> truncated)
    {
        _keys.Transcript.Add(truncated);
        Span<byte> binder = writer.Tail(Aeads.HashLength(session.Suite));
        if (_isRetried)
        {
            Span<byte> hash = stackalloc byte[KeySchedule.MaxHashLength];
            PskSecrets.ComputeBinderOfHash(session.Suite, session.Psk, hash[.._keys.Transcript.GetCurrentHash(hash)], binder);
        }
        else
        {
            PskSecrets.ComputeBinder(session.Suite, session.Psk, truncated, binder);
        }

        _keys.Transcript.Add(writer.Written[truncated.Length..]);
    }
}
