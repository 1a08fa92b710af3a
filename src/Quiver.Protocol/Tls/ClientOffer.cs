using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Extensions;
using Quiver.Protocol.Tls.KeyExchange;
using Quiver.Protocol.Tls.Messages;
using Quiver.Protocol.Tls.Resumption;
using Quiver.Protocol.Tls.Signatures;

namespace Quiver.Protocol.Tls;

/// <summary>What a client's ClientHello offers, first and after a HelloRetryRequest, and the private keys of its shares.
/// RFC 9846 §4.2.2.</summary>
internal sealed class ClientOffer : IDisposable
{
    private readonly ClientTlsSettings _settings;
    private readonly byte[] _transportParameters;
    private readonly IRandomSource _random;
    private readonly byte[] _clientRandom = new byte[ClientHello.RandomLength];
    private readonly List<IKeyShare> _shares = [];
    private ExtensionType[] _requested = [];
    private byte[] _cookie = [];

    public ClientOffer(ClientTlsSettings settings, ReadOnlySpan<byte> transportParameters, IRandomSource random)
    {
        AlpnExtension.CheckSettings(settings.Protocols);
        if (settings.Suites.Count == 0 || !settings.Groups.Any(KeyExchanges.IsSupported))
        {
            throw new ArgumentException("A client must offer cipher suites and groups.", nameof(settings));
        }

        _settings = settings;
        _transportParameters = transportParameters.ToArray();
        _random = random;
        ServerName = ServerNameExtension.ToSend(settings.ServerName);
        Groups = [.. settings.Groups.Where(KeyExchanges.IsSupported)];
        Session = settings.Session is { } offer && settings.Suites.Contains(offer.Session.Suite) ? offer : null;
        HasEarlyData = Session is { HasEarlyData: true };
    }

    public string? ServerName { get; }

    public ReadOnlyMemory<byte> Random => _clientRandom;

    public IReadOnlyList<NamedGroup> Groups { get; }

    public IReadOnlyList<CipherSuite> Suites => _settings.Suites;

    /// <summary>The session that is offered; null when there is none (any more).</summary>
    public SessionOffer? Session { get; private set; }

    public bool HasEarlyData { get; private set; }

    /// <summary>The extensions that an answer to the last hello may hold. RFC 9846 §4.3.</summary>
    public ReadOnlySpan<ExtensionType> Requested => _requested;

    /// <summary>Draws the random and the private keys of the first flight.</summary>
    public void Prepare()
    {
        _random.Fill(_clientRandom);
        foreach (NamedGroup group in Groups.Where(IsSharedAtFirst))
        {
            _shares.Add(KeyExchanges.Create(group, _random));
        }
    }

    /// <summary>Takes what a HelloRetryRequest asks for: a share for another group (None: as before), and its cookie.
    /// RFC 9846 §4.2.4.</summary>
    public void Retry(NamedGroup group, ReadOnlySpan<byte> cookie)
    {
        _cookie = cookie.ToArray();
        if (group == NamedGroup.None)
        {
            return;
        }

        // A group that we offer and that had no share yet. RFC 9846 §4.3.8.
        if (!Groups.Contains(group) || FindShare(group) is not null)
        {
            TransportException.ThrowAlert(
                TlsAlert.IllegalParameter, $"TLS: HelloRetryRequest asks for group {group}, which was not offered or has a share already");
        }

        DropShares();
        _shares.Add(KeyExchanges.Create(group, _random));
    }

    /// <summary>The server wants another hello, with this suite: early data is refused with it, and a session of another hash is of no
    /// use. RFC 9846 §4.2.2.</summary>
    public void OnRetrySuite(CipherSuite suite)
    {
        HasEarlyData = false;
        if (Session is { } offer && Aeads.HashLength(offer.Session.Suite) != Aeads.HashLength(suite))
        {
            Session = null;
        }
    }

    public IKeyShare? FindShare(NamedGroup group) => _shares.Find(s => s.Group == group);

    /// <summary>Writes the hello. Its last <paramref name="bindersLength"/> bytes are binders, still zero: the caller has the transcript
    /// that they cover.</summary>
    public ReadOnlySpan<byte> Write(TlsWriter writer, out int bindersLength)
    {
        _requested = ListRequested();
        int message = writer.BeginMessage(HandshakeType.ClientHello);
        writer.WriteUInt16(SupportedVersionsExtension.Tls12);
        writer.Write(_clientRandom);

        // No session id: QUIC has no middlebox compatibility mode. RFC 9001 §8.4.
        writer.WriteByte(0);
        int suites = writer.BeginVector(2);
        foreach (CipherSuite suite in Suites)
        {
            writer.WriteUInt16((ushort)suite);
        }

        writer.EndVector(suites, 2);
        writer.WriteVector8([0]);
        int extensions = writer.BeginVector(2);
        WriteExtensions(writer);
        bindersLength = Session is null
            ? 0
            : PreSharedKeyExtension.WriteRequest(
                writer, Session.Session.Ticket, Session.ObfuscatedAge, Aeads.HashLength(Session.Session.Suite));
        writer.EndVector(extensions, 2);
        return writer.EndMessage(message);
    }

    public void Dispose() => DropShares();

    private void WriteExtensions(TlsWriter writer)
    {
        if (ServerName is not null)
        {
            ServerNameExtension.Write(writer, ServerName);
        }

        SupportedGroupsExtension.Write(writer, Groups);
        SignatureAlgorithmsExtension.Write(writer, SignatureSchemes.Accepted);
        AlpnExtension.WriteRequest(writer, _settings.Protocols);
        SupportedVersionsExtension.WriteRequest(writer);
        TransportParametersExtension.Write(writer, _transportParameters);
        if (_cookie.Length != 0)
        {
            CookieExtension.Write(writer, _cookie);
        }

        if (_settings.AcceptsTickets || Session is not null)
        {
            PskModesExtension.Write(writer);
        }

        if (HasEarlyData)
        {
            EarlyDataExtension.WriteIndication(writer);
        }

        // Last, being long; when there are PSKs, they must come after it. RFC 9846 §4.3.
        KeyShareExtension.WriteRequest(writer, _shares);
    }

    private bool IsSharedAtFirst(NamedGroup group)
    {
        if (_settings.KeyShares is not null)
        {
            return _settings.KeyShares.Contains(group);
        }

        // What the server chose before it will choose again.
        if (Session is { } offer && Groups.Contains(offer.Session.Group))
        {
            return group == offer.Session.Group;
        }

        // Servers without the hybrid nearly all have X25519: a share for it saves them a round trip.
        return group == Groups[0] || (Groups[0] == NamedGroup.X25519MLKem768 && group == NamedGroup.X25519);
    }

    private ExtensionType[] ListRequested()
    {
        List<ExtensionType> requested =
        [
            ExtensionType.SupportedGroups,
            ExtensionType.SignatureAlgorithms,
            ExtensionType.ApplicationLayerProtocolNegotiation,
            ExtensionType.SupportedVersions,
            ExtensionType.QuicTransportParameters,
            ExtensionType.KeyShare,
        ];
        if (ServerName is not null)
        {
            requested.Add(ExtensionType.ServerName);
        }

        if (Session is not null)
        {
            requested.Add(ExtensionType.PreSharedKey);
        }

        if (HasEarlyData)
        {
            requested.Add(ExtensionType.EarlyData);
        }

        return [.. requested];
    }

    private void DropShares()
    {
        _shares.ForEach(s => s.Dispose());
        _shares.Clear();
    }
}
