using System.Security.Cryptography;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Extensions;
using Quiver.Protocol.Tls.Messages;
using Quiver.Protocol.Tls.Resumption;

namespace Quiver.Protocol.Tls;

/// <summary>The server's side: reads the ClientHello, waits for settings, sends its flight, checks the client's.
/// RFC 9846 §2, §A.2; RFC 9001 §4.</summary>
internal sealed class ServerHandshake(ITlsSink sink, IRandomSource random) : ITlsHandshake
{
    private readonly HandshakeKeys _keys = new(EndpointRole.Server, sink);
    private readonly MessageAssembler _input = new();
    private readonly PeerAuthentication _client = new(EndpointRole.Client);
    private ServerState _state = ServerState.WaitClientHello;
    private ClientHello? _hello;
    private ServerFlight? _flight;
    private ApplicationSecrets? _secrets;
    private byte[]? _resumptionSecret;
    private bool _takesTickets;
    private bool _isProcessing;

    public bool IsComplete { get; private set; }

    public TlsSuspension Suspension { get; private set; }

    public string? ServerName { get; private set; }

    public IReadOnlyList<ReadOnlyMemory<byte>> OfferedProtocols { get; private set; } = [];

    public ReadOnlyMemory<byte> NegotiatedProtocol => _flight?.Negotiation.Protocol ?? default;

    public CipherSuite NegotiatedSuite => _flight?.Negotiation.Suite ?? default;

    public NamedGroup NegotiatedGroup => _flight?.Negotiation.Group ?? default;

    public bool IsResumed => _flight?.Negotiation.Psk is not null;

    public PskOffer? OfferedPsks { get; private set; }

    public IReadOnlyList<ReadOnlyMemory<byte>> PeerCertificates => _client.Chain;

    public void Start()
    {
        // The client speaks first.
    }

    public void Receive(EncryptionLevel level, ReadOnlySpan<byte> bytes)
    {
        // Nothing may follow a ClientHello before it is answered, and nothing of it should fill our memory. RFC 9846 §4.
        if (_state == ServerState.WaitSettings && !bytes.IsEmpty)
        {
            TransportException.ThrowAlert(TlsAlert.UnexpectedMessage, "TLS: handshake bytes follow the ClientHello");
        }

        _input.Append(level, bytes);
        Process();
    }

    public void ResumeWithServerSettings(ServerTlsSettings settings, ReadOnlySpan<byte> transportParameters)
    {
        if (Suspension != TlsSuspension.ServerSettings || _hello is null)
        {
            throw new InvalidOperationException("The handshake does not wait for settings.");
        }

        if (settings.KeyLog)
        {
            _keys.LogKeysUnder(_hello.Random);
        }

        ServerNegotiation negotiation = ServerNegotiation.Choose(_hello, OfferedProtocols, settings);
        _flight = new ServerFlight(negotiation, settings, transportParameters.ToArray(), _keys, sink);
        _keys.Select(negotiation.Suite);
        _keys.Transcript.Add(_hello.Whole);
        Suspension = TlsSuspension.None;
        if (OfferedPsks is { WantsEarlyData: true })
        {
            DecideEarlyData(negotiation, _hello);
        }

        _takesTickets = _flight.Tickets is not null && PskOffer.AllowsTickets(_hello);
        if (negotiation.NeedsRetry)
        {
            _input.MoveTo(EncryptionLevel.Initial);
            _state = ServerState.WaitSecondClientHello;
            _flight.SendRetry();
        }
        else
        {
            SendFlight(_flight, _hello);
        }

        Process();
    }

    public void SendTickets(QuicVersion version, byte[] rememberedParameters, long unixMilliseconds)
    {
        if (_resumptionSecret is null || _flight is not { Tickets: { } tickets })
        {
            return;
        }

        // A session that used one ticket up gets one anew.
        int count = IsResumed ? Math.Min(tickets.Count, 1) : tickets.Count;
        for (int i = 0; i < count; i++)
        {
            SendTicket(tickets, (byte)i, version, rememberedParameters, unixMilliseconds, _resumptionSecret);
        }

        CryptographicOperations.ZeroMemory(_resumptionSecret);
        _resumptionSecret = null;
    }

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
        _keys.Dispose();
        _secrets?.Dispose();
    }

    private void DecideEarlyData(ServerNegotiation negotiation, ClientHello hello)
    {
        if (negotiation is { AcceptsEarlyData: true, Psk: { } psk })
        {
            _keys.InstallEarlySecret(psk.Suite, psk.Psk, hello.Whole);
        }

        sink.OnEarlyData(negotiation.AcceptsEarlyData);
    }

    private void SendTicket(
        TicketSettings tickets, byte nonce, QuicVersion version, byte[] rememberedParameters, long unixMilliseconds, byte[] secret)
    {
        Span<byte> ageAdd = stackalloc byte[sizeof(uint)];
        random.Fill(ageAdd);
        byte[] psk = PskSecrets.DerivePsk(NegotiatedSuite, secret, [nonce]);
        TicketContent content = new()
        {
            Version = version,
            Suite = NegotiatedSuite,
            Psk = psk,
            IssuedMilliseconds = unixMilliseconds,
            LifetimeSeconds = (uint)tickets.Lifetime.TotalSeconds,
            AgeAdd = BitConverter.ToUInt32(ageAdd),
            AllowsEarlyData = tickets.AllowsEarlyData,
            Protocol = NegotiatedProtocol.ToArray(),
            ServerName = ServerName ?? string.Empty,
            Parameters = rememberedParameters,
            ApplicationData = tickets.ApplicationData.ToArray(),
        };
        byte[] plain = content.Write();
        byte[] ticket = tickets.Sealer.Seal(plain, random);
        CryptographicOperations.ZeroMemory(plain);
        CryptographicOperations.ZeroMemory(psk);
        TlsWriter writer = new();
        NewSessionTicket.Write(writer, content.LifetimeSeconds, content.AgeAdd, nonce, ticket, content.AllowsEarlyData);
        sink.OnHandshakeBytes(EncryptionLevel.Application, writer.Written);
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
            case ServerState.WaitClientHello:
                OnClientHello(message);
                break;
            case ServerState.WaitSecondClientHello:
                OnSecondClientHello(message);
                break;
            case ServerState.WaitCertificate:
                OnCertificate(message);
                break;
            case ServerState.WaitCertificateVerify:
                message.Expect(HandshakeType.CertificateVerify);
                _client.OnCertificateVerify(message, _keys.Transcript);
                AwaitVerdict(message);
                break;
            case ServerState.WaitFinished:
                OnFinished(message);
                break;
            case ServerState.WaitSettings:
            case ServerState.Connected:
            default:
                // A client says nothing after its Finished: no tickets, and no KeyUpdate in QUIC. RFC 9001 §6.
                message.ThrowUnexpected("when nothing was expected");
                break;
        }
    }

    private void OnClientHello(HandshakeMessage message)
    {
        message.Expect(HandshakeType.ClientHello);
        _hello = ClientHello.Read(message);
        ExtensionBlock extensions = _hello.Extensions;
        if (extensions.TryFind(ExtensionType.ServerName, out ReadOnlySpan<byte> name))
        {
            ServerName = ServerNameExtension.ReadRequest(name);
        }

        // QUIC needs ALPN. RFC 9001 §8.1.
        if (!extensions.TryFind(ExtensionType.ApplicationLayerProtocolNegotiation, out ReadOnlySpan<byte> alpn))
        {
            TransportException.ThrowAlert(TlsAlert.NoApplicationProtocol, "TLS: the client offers no ALPN protocol");
        }

        OfferedProtocols = AlpnExtension.ReadRequest(alpn);
        OfferedPsks = PskOffer.Read(_hello);
        _state = ServerState.WaitSettings;
        Suspension = TlsSuspension.ServerSettings;
        sink.OnPeerTransportParameters(extensions.Find(ExtensionType.QuicTransportParameters, ExtensionPlacement.ClientHello));
    }

    private void OnSecondClientHello(HandshakeMessage message)
    {
        // Both were set before the retry was sent.
        ServerFlight flight = _flight!;
        ClientHello first = _hello!;
        message.Expect(HandshakeType.ClientHello);
        ClientHello second = ClientHello.Read(message);
        SecondClientHello.Check(first, second, flight.Negotiation.Group);
        if (flight.Negotiation.Psk is { } psk)
        {
            CheckSecondOffer(flight, psk, second);
        }
        else
        {
            _keys.Transcript.Add(message.Whole);
        }

        SendFlight(flight, second);
    }

    // The session of the first hello may be offered again, under a binder that covers the retry too. RFC 9846 §4.2.2, §4.3.11.2.
    private void CheckSecondOffer(ServerFlight flight, SelectedPsk psk, ClientHello second)
    {
        PskOffer? offer = PskOffer.Read(second);
        byte[] wanted = OfferedPsks!.Identities[psk.Index].Identity; // It was chosen from them.
        int index = offer is null ? -1 : offer.Identities.ToList().FindIndex(x => x.Identity.AsSpan().SequenceEqual(wanted));
        if (index != psk.Index)
        {
            flight.DropSession(second);
            _keys.Transcript.Add(second.Whole);
            return;
        }

        ReadOnlySpan<byte> truncated = offer!.TruncatedHello; // The index was found in it.
        _keys.Transcript.Add(truncated);
        Span<byte> hash = stackalloc byte[KeySchedule.MaxHashLength];
        Span<byte> binder = stackalloc byte[KeySchedule.MaxHashLength];
        binder = binder[..Aeads.HashLength(psk.Suite)];
        PskSecrets.ComputeBinderOfHash(psk.Suite, psk.Psk, hash[.._keys.Transcript.GetCurrentHash(hash)], binder);
        if (!CryptographicOperations.FixedTimeEquals(binder, offer.Identities[index].Binder))
        {
            TransportException.ThrowAlert(TlsAlert.DecryptError, "TLS: the binder of the second ClientHello does not match its ticket");
        }

        _keys.Transcript.Add(second.Whole[truncated.Length..]);
    }

    private void SendFlight(ServerFlight flight, ClientHello hello)
    {
        // Nothing may follow the ClientHello, since the next message comes under other keys. RFC 9846 §5.1.
        _input.MoveTo(EncryptionLevel.Handshake);
        _state = flight.RequestsCertificate ? ServerState.WaitCertificate : ServerState.WaitFinished;
        _secrets = flight.Send(hello, ServerName is not null, random);

        // Names and protocols are copies; the rest of the ClientHello is not needed any more.
        _hello = null;
        OfferedPsks = null;
    }

    private void OnCertificate(HandshakeMessage message)
    {
        message.Expect(HandshakeType.Certificate);
        _client.OnCertificate(message, [ExtensionType.SignatureAlgorithms]);
        if (_client.Chain.Count == 0)
        {
            AwaitVerdict(message);
            return;
        }

        _keys.Transcript.Add(message.Whole);
        _state = ServerState.WaitCertificateVerify;
    }

    private void AwaitVerdict(HandshakeMessage message)
    {
        _keys.Transcript.Add(message.Whole);
        _state = ServerState.WaitFinished;
        Suspension = TlsSuspension.PeerCertificate;
    }

    private void OnFinished(HandshakeMessage message)
    {
        message.Expect(HandshakeType.Finished);
        Finished.Verify(message, EndpointRole.Client, _keys);
        if (_takesTickets)
        {
            _keys.Transcript.Add(message.Whole);
            _resumptionSecret = _keys.DeriveResumptionSecret();
        }

        _input.MoveTo(EncryptionLevel.Application);
        _state = ServerState.Connected;
        IsComplete = true;

        // Made when our flight was sent. Only now may we read what the application was sent. RFC 9001 §5.7.
        _keys.InstallApplicationRead(_secrets!);
        ReleaseHandshake();
        sink.OnHandshakeComplete();
    }
}
