using Quiver.Protocol.Crypto;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Protocol.TransportParameters;

namespace Quiver.Protocol.Connections;

/// <summary>
/// Joins TLS and the connection: CRYPTO bytes in and out, secrets to keys, transport parameters, and what completion changes. RFC 9001 §4.
/// </summary>
internal sealed class HandshakeDriver(ConnectionState state) : ITlsSink
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
        TransportParameterSet parameters = LocalParameters.Create(state, settings);
        state.SetLocalParameters(parameters, settings);
        ApplyPeerLimits();
        _tls.ResumeWithServerSettings(tls, TransportParameterWriter.Write(parameters, state.Random));
        NoticeSuspension();
    }

    public void ResumeWithCertificateVerdict(TlsAlert? rejection, string reason)
    {
        _tls.ResumeWithCertificateVerdict(rejection, reason);
        NoticeSuspension();
    }

    public void OnHandshakeBytes(EncryptionLevel level, ReadOnlySpan<byte> bytes) => state.Space(SpaceOf(level)).Crypto.Append(bytes);

    public void OnReadSecret(EncryptionLevel level, CipherSuite suite, ReadOnlySpan<byte> secret)
    {
        PacketProtection keys = PacketProtection.Create(QuicVersion.V1, suite, secret);
        if (level == EncryptionLevel.Application)
        {
            state.ApplicationKeys.SetRead(keys);
        }
        else
        {
            state.Space(SpaceOf(level)).Read = keys;
        }
    }

    public void OnWriteSecret(EncryptionLevel level, CipherSuite suite, ReadOnlySpan<byte> secret)
    {
        PacketProtection keys = PacketProtection.Create(QuicVersion.V1, suite, secret);
        if (level == EncryptionLevel.Application)
        {
            state.ApplicationKeys.SetWrite(keys);
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
        state.PeerParameters = peer;
        state.Recovery.PeerMaxAckDelay = peer.MaxAckDelay;
        if (peer.StatelessResetToken is StatelessResetToken token)
        {
            state.PeerIds.SetHandshakeToken(token);
        }

        if (state.Streams is not null)
        {
            ApplyPeerLimits();
        }
    }

    public void OnKeyLog(string label, ReadOnlySpan<byte> clientRandom, ReadOnlySpan<byte> secret) =>
        state.Events.OnKeyLog(label, clientRandom, secret);

    public void OnHandshakeComplete()
    {
        state.Phase = ConnectionPhase.Established;
        state.LocalIds.OnPeerLimit(state.PeerParameters!.ActiveConnectionIdLimit);
        state.Events.OnHandshakeComplete();
        Grant(StreamDirection.Bidirectional, state.PeerParameters.InitialMaxStreamsBidi);
        Grant(StreamDirection.Unidirectional, state.PeerParameters.InitialMaxStreamsUni);
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

    private void NoticeSuspension()
    {
        bool suspended = _tls.Suspension != TlsSuspension.None;
        if (suspended && !_wasSuspended)
        {
            state.Events.OnHandshakeSuspended(_tls.Suspension);
        }

        _wasSuspended = suspended;
    }

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

    private void ApplyPeerLimits()
    {
        if (state.PeerParameters is TransportParameterSet peer)
        {
            state.Streams!.Table.SetPeerParameters(peer);
            state.Streams.SendCredit.TryRaise(peer.InitialMaxData);
            state.Datagrams.PeerMaxFrameSize = peer.MaxDatagramFrameSize;
            state.Streams.Table.Outgoing(StreamDirection.Bidirectional).Raise(peer.InitialMaxStreamsBidi);
            state.Streams.Table.Outgoing(StreamDirection.Unidirectional).Raise(peer.InitialMaxStreamsUni);
        }
    }

    private void Grant(StreamDirection direction, ulong count)
    {
        if (count > 0)
        {
            state.Events.OnStreamCreditGranted(direction, count);
        }
    }

    private static void Fail(string reason) => TransportException.Throw(TransportErrorCode.TransportParameterError, reason);
}
