using Quiver.Protocol.Crypto;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Resumption;
using Quiver.Protocol.TransportParameters;

namespace Quiver.Protocol.Connections;

/// <summary>
/// Joins TLS and the connection: CRYPTO bytes in and out, secrets to keys, transport parameters, and what completion changes. RFC 9001 §4.
/// </summary>
internal sealed class HandshakeDriver(ConnectionState state, InitialProtection initial) : ITlsSink
{
    private ITlsHandshake _tls = null!; // Attach follows construction: the handshake needs its sink first
    private bool _wasSuspended;

    public ITlsHandshake Tls => _tls;

    public void Attach(ITlsHandshake tls) => _tls = tls;

    /// <summary>Client: the ClientHello goes out.</summary>
    public void Start()
    {
        _tls.Start();
        NoticeSuspension();
    }

    /// <summary>Takes a CRYPTO frame and gives TLS what is now in order.</summary>
    public void OnCryptoFrame(PacketSpace space, in CryptoFrame frame)
    {
        state.Version.Settle();
        space.Crypto.OnFrame(frame);
        while (space.Crypto.Peek() is { IsEmpty: false } chunk)
        {
            _tls.Receive(space.Level, chunk);
            if (space.IsDiscarded)
            {
                return;
            }

            space.Crypto.Advance(chunk.Length);
        }

        NoticeSuspension();
    }

    public void ResumeWithServerSettings(ConnectionSettings settings, ServerTlsSettings tls)
    {
        // Before the first CRYPTO frame, which has the version of the connection. RFC 9369 §4.1.
        QuicVersion version = state.Version.SelectForClient(settings.Versions, state.PeerParameters!.VersionInformation); // they came with the ClientHello
        if (version != state.Version.Current)
        {
            initial.ChangeVersion(version);
        }

        TransportParameterSet parameters = LocalParameters.Create(state, settings);
        state.SetLocalParameters(parameters, settings);
        UseLimits(state.PeerParameters);
        if (tls.Psk is { AllowsEarlyData: true } psk && !Supports(parameters, psk.RememberedParameters.Span))
        {
            tls = tls with { Psk = psk with { AllowsEarlyData = false } };
        }

        _tls.ResumeWithServerSettings(tls, TransportParameterWriter.Write(parameters, state.Random));
        state.Early.OnAnswered();
        NoticeSuspension();
    }

    /// <summary>Server, once complete.</summary>
    public void SendTickets(long unixMilliseconds) => _tls.SendTickets(
        state.Version.Current, TransportParameterWriter.Write(RememberedParameters.Of(state.LocalParameters!)), unixMilliseconds); // fixed before

    public void ResumeWithCertificateVerdict(TlsAlert? rejection, string reason)
    {
        _tls.ResumeWithCertificateVerdict(rejection, reason);
        NoticeSuspension();
    }

    public void OnHandshakeBytes(EncryptionLevel level, ReadOnlySpan<byte> bytes) => state.Space(SpaceOf(level)).Crypto.Append(bytes);

    public void OnReadSecret(EncryptionLevel level, CipherSuite suite, ReadOnlySpan<byte> secret)
    {
        PacketProtection keys = CreateKeys(level, suite, secret);
        if (level == EncryptionLevel.Application)
        {
            state.ApplicationKeys.SetRead(keys);
        }
        else if (level == EncryptionLevel.EarlyData)
        {
            state.Early.StartReading(keys);
        }
        else
        {
            state.Space(SpaceOf(level)).Read = keys;
        }
    }

    public void OnWriteSecret(EncryptionLevel level, CipherSuite suite, ReadOnlySpan<byte> secret)
    {
        PacketProtection keys = CreateKeys(level, suite, secret);
        if (level == EncryptionLevel.Application)
        {
            state.ApplicationKeys.SetWrite(keys, state.Space(PacketNumberSpace.Application).Recovery.Log.NextPacketNumber);
            state.Early.StopWriting();
            return;
        }

        if (level == EncryptionLevel.EarlyData)
        {
            state.Early.StartWriting(keys);
            TransportParameterSet remembered = state.Settings!.Remembered!; // a session is offered with what was remembered
            UseLimits(remembered);
            Grant(new TransportParameterSet(), remembered);
            return;
        }

        state.Space(SpaceOf(level)).Write = keys;
        state.Recovery.HasHandshakeKeys = true;
    }

    public void OnPeerTransportParameters(ReadOnlySpan<byte> encoded)
    {
        EndpointRole sender = state.Role == EndpointRole.Client ? EndpointRole.Server : EndpointRole.Client;
        TransportParameterSet peer = TransportParameterReader.Read(encoded, sender);
        Authenticate(peer);
        state.Version.Check(peer.VersionInformation);
        state.PeerParameters = peer;
        state.Recovery.PeerMaxAckDelay = peer.MaxAckDelay;
        if (peer.StatelessResetToken is StatelessResetToken token)
        {
            state.PeerIds.SetHandshakeToken(token);
        }

        if (peer.PreferredAddress is { } preferred)
        {
            // A server that is reached without an id could not be told from others there. RFC 9000 §18.2.
            if (state.PeerIds.Current.Length == 0)
            {
                Fail("preferred_address from a server with an empty connection id");
            }

            state.PeerIds.OnPreferredAddress(preferred.ConnectionId, preferred.ResetToken);
        }
    }

    public void OnEarlyData(bool isAccepted)
    {
        state.Early.Decide(isAccepted);
        if (state.Role == EndpointRole.Client)
        {
            if (isAccepted)
            {
                CheckRemembered(state.PeerParameters!); // they come before
            }
            else
            {
                state.Early.StopWriting();
                state.ForgetStreams();
            }
        }

        state.Events.OnEarlyData(isAccepted);
    }

    public void OnSessionTicket(TlsSession session) =>
        state.Events.OnSessionTicket(session with { Version = state.Version.Current }, RememberedParameters.Of(state.PeerParameters!)); // the handshake is complete

    public void OnKeyLog(string label, ReadOnlySpan<byte> clientRandom, ReadOnlySpan<byte> secret) =>
        state.Events.OnKeyLog(label, clientRandom, secret);

    public void OnHandshakeComplete()
    {
        state.Phase = ConnectionPhase.Established;
        state.LocalIds.OnPeerLimit(state.PeerParameters!.ActiveConnectionIdLimit);
        state.Events.OnHandshakeComplete();
        if (state.Role == EndpointRole.Client)
        {
            // Only now: what is sent as early data keeps to what was remembered. RFC 9000 §7.4.1.
            UseLimits(state.PeerParameters);
        }

        Grant(state is { Role: EndpointRole.Client, Early.State: EarlyDataState.Accepted } ? state.Settings!.Remembered! : new(), state.PeerParameters);
        if (state.Role == EndpointRole.Server)
        {
            // A server's handshake is confirmed when it is complete. RFC 9001 §4.1.2.
            state.HandshakeDone.Request();
            OnConfirmed();
        }
    }

    /// <summary>The peer has the handshake too: its keys can go. RFC 9001 §4.9.2.</summary>
    public void OnConfirmed()
    {
        state.IsHandshakeConfirmed = true;
        state.Recovery.IsHandshakeConfirmed = true;
        state.Recovery.PeerHasValidatedAddress = true;
        state.Discard(PacketNumberSpace.Initial);
        state.Discard(PacketNumberSpace.Handshake);
        state.LocalIds.RemoveOriginal();
    }

    private static PacketNumberSpace SpaceOf(EncryptionLevel level) => level switch
    {
        EncryptionLevel.Initial => PacketNumberSpace.Initial,
        EncryptionLevel.Handshake => PacketNumberSpace.Handshake,
        EncryptionLevel.Application => PacketNumberSpace.Application,
        _ => throw new ArgumentOutOfRangeException(nameof(level)),
    };

    /// <summary>A server that takes early data keeps to all limits under which it may have been sent. RFC 9000 §7.4.1.</summary>
    private static bool Supports(TransportParameterSet now, ReadOnlySpan<byte> remembered) =>
        RememberedParameters.FindReduction(TransportParameterReader.Read(remembered, EndpointRole.Server), now) is null;

    private void CheckRemembered(TransportParameterSet now)
    {
        if (RememberedParameters.FindReduction(state.Settings!.Remembered!, now) is { } name) // early data went out under them
        {
            TransportException.Throw(
                TransportErrorCode.ProtocolViolation, $"the server takes early data and lowers {name}, under which it was sent");
        }
    }

    private void NoticeSuspension()
    {
        bool suspended = _tls.Suspension != TlsSuspension.None;
        if (suspended && !_wasSuspended)
        {
            state.Events.OnHandshakeSuspended(_tls.Suspension);
        }

        _wasSuspended = suspended;
    }

    /// <summary>Early data stays in the version that the client began with. RFC 9369 §4.1.</summary>
    private PacketProtection CreateKeys(EncryptionLevel level, CipherSuite suite, ReadOnlySpan<byte> secret) => PacketProtection.Create(
        level == EncryptionLevel.EarlyData ? state.Version.Original : state.Version.Current, suite, secret);

    /// <summary>The ids that were used must be those that TLS now vouches for. RFC 9000 §7.3.</summary>
    private void Authenticate(TransportParameterSet peer)
    {
        if (peer.InitialSourceConnectionId is not ConnectionId source || source != state.PeerInitialSource)
        {
            Fail("initial_source_connection_id is absent or not the one that the packets had");
        }

        if (state.Role == EndpointRole.Server)
        {
            return;
        }

        if (peer.OriginalDestinationConnectionId is not ConnectionId original || original != state.OriginalDestination)
        {
            Fail("original_destination_connection_id is absent or not the one that we chose");
        }

        if (peer.RetrySourceConnectionId != state.RetrySource)
        {
            Fail("retry_source_connection_id does not agree with the Retry that came, or did not");
        }
    }

    private void UseLimits(TransportParameterSet peer)
    {
        state.Streams!.Table.SetPeerParameters(peer);
        if (state.Streams.SendCredit.TryRaise(peer.InitialMaxData))
        {
            state.Streams.Scheduler.OnConnectionCredit();
        }

        state.Datagrams.PeerMaxFrameSize = peer.MaxDatagramFrameSize;
        state.Streams.Table.Outgoing(StreamDirection.Bidirectional).Raise(peer.InitialMaxStreamsBidi);
        state.Streams.Table.Outgoing(StreamDirection.Unidirectional).Raise(peer.InitialMaxStreamsUni);
    }

    /// <summary>Tells by how much the limits on streams grew.</summary>
    private void Grant(TransportParameterSet before, TransportParameterSet now)
    {
        Grant(StreamDirection.Bidirectional, now.InitialMaxStreamsBidi - before.InitialMaxStreamsBidi);
        Grant(StreamDirection.Unidirectional, now.InitialMaxStreamsUni - before.InitialMaxStreamsUni);
    }

    private void Grant(StreamDirection direction, ulong increment)
    {
        if (increment > 0)
        {
            state.Events.OnStreamCreditGranted(direction, increment);
        }
    }

    private static void Fail(string reason) => TransportException.Throw(TransportErrorCode.TransportParameterError, reason);
}
