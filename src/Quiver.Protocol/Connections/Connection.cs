using Quiver.Protocol.ConnectionIds;
using Quiver.Protocol.Datagrams;
using Quiver.Protocol.Paths;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;
using Quiver.Protocol.Streams;
using Quiver.Protocol.Tls;
using Quiver.Protocol.TransportParameters;

namespace Quiver.Protocol.Connections;

/// <summary>
/// One QUIC connection as a state machine (RFC 9000): datagrams, the time and the application's calls go in; datagrams, the next
/// deadline and events come out. Not thread-safe: the driver holds one lock around every call.
/// After any call, ask <see cref="TryBuildDatagram"/> until it says false, then <see cref="NextTimeout"/>.
/// </summary>
internal sealed class Connection : IDisposable
{
    private readonly ConnectionState _state;
    private readonly ConnectionCloser _closer;
    private readonly CloseFlush _flush;
    private readonly HandshakeDriver _handshake;
    private readonly HandshakeStart _start;
    private readonly InitialProtection _initial;
    private readonly DatagramReceiver _receiver;
    private readonly DatagramBuilder _builder;
    private readonly SendPolicy _policy;
    private readonly ConnectionPaths _paths;
    private readonly ConnectionIdRotation _rotation;
    private readonly Timestamp _startTime;
    private Timestamp _handshakeDeadline = Timestamp.Never;

    private Connection(ConnectionState state, Timestamp now)
    {
        var sealer = new PacketSealer(state);
        _state = state;
        _startTime = now;
        _closer = new ConnectionCloser(state, sealer);
        _flush = new CloseFlush(state, _closer);
        _initial = new InitialProtection(state);
        _handshake = new HandshakeDriver(state, _initial);
        _start = new HandshakeStart(state, _closer, _initial);
        _policy = new SendPolicy(state);
        _builder = new DatagramBuilder(state, sealer, _policy);
        _paths = new ConnectionPaths(state);
        _rotation = new ConnectionIdRotation(state);
        var dispatcher = new FrameDispatcher(state, _handshake, new AckProcessor(state), _closer, _paths);
        _receiver = new DatagramReceiver(state, new PacketOpener(state), dispatcher, _closer, _start, _paths);
    }

    /// <summary>The handshake: names, protocols, suite and certificates. Valid for the life of the connection.</summary>
    public ITlsHandshake Tls => _handshake.Tls;

    public bool IsHandshakeComplete => Tls.IsComplete;

    public EarlyDataState EarlyData => _state.Early.State;

    /// <summary>Whether any packet of the peer was authenticated.</summary>
    public bool HasSeenPeer => _start.HasSeenPeer;

    /// <summary>Null while the connection lives.</summary>
    public CloseReason? CloseReason => _closer.Reason;

    /// <summary>The version in use: until the server's first flight, the client's choice.</summary>
    public QuicVersion Version => _state.Version.Current;

    /// <summary>The version of the client's first flight: that of its ticket, if it offers one. RFC 9369 §5.</summary>
    public QuicVersion OriginalVersion => _state.Version.Original;

    /// <summary>Client: whether it followed a Retry.</summary>
    public bool IsRetried => _state.RetrySource is not null;

    public PathAddress LocalAddress => _state.Local;

    public PathAddress RemoteAddress => _state.Remote;

    /// <summary>Pairs of addresses that are known.</summary>
    public int PathCount => _state.Paths.Count;

    /// <summary>Where packets go.</summary>
    public NetworkPath ActivePath => _state.Paths.Active;

    /// <summary>Whether a path starts at an address of ours, or at any with its port.</summary>
    public bool HasPathFrom(in PathAddress local)
    {
        for (int i = 0; i < _state.Paths.Count; i++)
        {
            PathAddress other = _state.Paths[i].Local;
            if (other.Port == local.Port && (local.IsUnspecified || other.Ip == local.Ip))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A client's, which alone can go to other paths; null on a server.</summary>
    public PathMigrator? Migrator => _paths.Migrator;

    /// <summary>The ids by which packets for the connection come.</summary>
    public LocalConnectionIds LocalIds => _state.LocalIds;

    /// <summary>Streams that are not yet done on the wire.</summary>
    public int StreamCount => _state.Streams?.Table.Count ?? 0;

    /// <summary>Streams of a direction that the peer has opened so far.</summary>
    public ulong OpenedByPeer(StreamDirection direction) => _state.Streams?.Table.Incoming(direction).Opened ?? 0;

    /// <summary>Streams of a direction that we have opened so far.</summary>
    public ulong OpenedByUs(StreamDirection direction) => _state.Streams?.Table.Outgoing(direction).Opened ?? 0;

    /// <summary>What the streams share: their table, and the credit of the connection. Null until the local parameters are known.</summary>
    public StreamContext? Streams => _state.Streams;

    /// <summary>
    /// Whether the peer can open no stream of some direction, or send no data, and whether it has said that it wants to open one.
    /// RFC 9000 §4.1, §4.6.
    /// </summary>
    public (bool IsOut, bool IsWaiting) PeerCredit
    {
        get
        {
            if (_state.Streams?.Table is not { } table)
            {
                return default;
            }

            IncomingStreamLimit both = table.Incoming(StreamDirection.Bidirectional);
            IncomingStreamLimit one = table.Incoming(StreamDirection.Unidirectional);
            return (both.IsUsedUp || one.IsUsedUp || _state.Streams.ReceiveCredit.IsStuck, (both.IsUsedUp && both.IsPeerWaiting) || (one.IsUsedUp && one.IsPeerWaiting));
        }
    }

    /// <summary>Packets that were sent and are not settled, over all packet number spaces.</summary>
    public int UnsettledPackets
    {
        get
        {
            int count = 0;
            foreach (PacketSpace space in _state.Spaces)
            {
                count += (int)(space.Recovery.Log.NextPacketNumber - space.Recovery.Log.Oldest);
            }

            return count;
        }
    }

    /// <summary>What the peer said of itself; null before it did.</summary>
    public TransportParameterSet? PeerParameters => _state.PeerParameters;

    public LossDetector Recovery => _state.Recovery;

    public Traffic Traffic => _state.Traffic;

    /// <summary>Unreliable datagrams: who is told, and counts.</summary>
    public DatagramQueue Datagrams => _state.Datagrams;

    /// <summary>When <see cref="OnTimeout"/> must be called; Never when nothing is due.</summary>
    public Timestamp NextTimeout
    {
        get
        {
            if (_state.IsClosing)
            {
                return _closer.Deadline;
            }

            Timestamp next = Timestamp.Min(_state.Recovery.NextTimeout(), _state.Space(PacketNumberSpace.Application).Acks.Deadline);
            next = Timestamp.Min(next, Timestamp.Min(_state.Idle.Deadline, _state.Idle.KeepAliveDeadline));
            next = Timestamp.Min(next, _state.LocalIds.Deadline);
            next = Timestamp.Min(next, _state.Early.Deadline);
            next = Timestamp.Min(next, Timestamp.Min(_flush.Deadline, _state.Paths.Deadline));
            return Timestamp.Min(next, Timestamp.Min(_handshakeDeadline, _policy.PacedUntil));
        }
    }

    /// <summary>A client's connection; the first datagrams can be built at once.</summary>
    public static Connection CreateClient(
        ConnectionSettings settings, ClientTlsSettings tls, in PathAddress local, in PathAddress remote, IConnectionEvents events, Timestamp now)
    {
        ConnectionId destination = ConnectionId.Random(settings.Random, FirstFlight.DestinationLength);
        var version = new VersionChoice(EndpointRole.Client, settings.Version, settings.Versions ?? [settings.Version]);
        ConnectionState state = CreateState(
            EndpointRole.Client, version, settings.ConnectionIds, destination, destination, local, remote, settings.Random, events);
        state.InitialToken = settings.AddressToken;
        var connection = new Connection(state, now);
        connection._start.FirstFlight = new FirstFlight(state, settings, tls, connection._handshake, connection._initial);
        connection.SetHandshakeTimeout(settings.HandshakeTimeout, now);
        state.Idle.Configure(settings.IdleTimeout, TimeSpan.Zero, TimeSpan.Zero, state.ProbePeriod, now);
        try
        {
            connection._start.FirstFlight.Begin();
        }
        catch
        {
            // There is nothing to offer: nothing is sent, and the id is free again.
            state.LocalIds.RemoveAll();
            state.Dispose();
            throw;
        }

        return connection;
    }

    /// <summary>A server's connection for the Initial packet that <paramref name="initial"/> describes; feed that datagram next.</summary>
    public static Connection CreateServer(
        in ServerInitial initial, TimeSpan handshakeTimeout, IConnectionIdSource ids, IRandomSource random, IConnectionEvents events, Timestamp now)
    {
        ConnectionState state = CreateState(
            EndpointRole.Server, new VersionChoice(EndpointRole.Server, initial.Version, []), ids, initial.SourceConnectionId, initial.OriginalDestination, initial.Local, initial.Remote, random, events);
        state.RetrySource = initial.RetrySource;
        if (initial.IsAddressValidated)
        {
            state.Paths.Active.OnValidated();
        }

        var connection = new Connection(state, now);
        connection._initial.Derive(initial.DestinationConnectionId);
        connection._handshake.Attach(new ServerHandshake(connection._handshake, random));
        connection.SetHandshakeTimeout(handshakeTimeout, now);
        state.LocalIds.AddOriginal(initial.DestinationConnectionId);
        return connection;
    }

    /// <summary>Takes one datagram, decrypting in place. Never throws for what a peer sent.</summary>
    public void ReceiveDatagram(Span<byte> datagram, in DatagramArrival arrival, Timestamp now)
    {
        try
        {
            _receiver.Receive(datagram, arrival, now);
            if (!HasSeenPeer && _state.Role == EndpointRole.Server)
            {
                // What looked like an Initial was noise: nothing is kept for it.
                _closer.Abandon(new CloseReason(CloseKind.LocalTransport, (ulong)TransportErrorCode.NoError, 0, "the first datagram was not authentic"), now);

                // At once: the rest of the flight may be intact, and is read next.
                _state.LocalIds.RemoveAll();
                return;
            }

            AfterInput(now);
        }
        catch (TransportException violation)
        {
            Fail(violation, now);
        }
    }

    /// <summary>Builds the next datagram, if there is something to send and it may be sent now.</summary>
    public bool TryBuildDatagram(Span<byte> destination, Timestamp now, out OutgoingDatagram datagram)
    {
        try
        {
            return _state.IsClosing ? _closer.TryBuild(destination, now, out datagram) : _builder.TryBuild(destination, now, out datagram);
        }
        catch (TransportException limit)
        {
            Fail(limit, now);
            datagram = default;
            return false;
        }
    }

    public void OnTimeout(Timestamp now)
    {
        if (_state.IsClosing)
        {
            _closer.OnTimeout(now);
            return;
        }

        if (now >= _state.Idle.Deadline)
        {
            _closer.Abandon(new CloseReason(CloseKind.IdleTimeout, 0, 0, "nothing was received for the idle time-out"), now);
            return;
        }

        if (now >= _flush.Deadline)
        {
            _flush.TryClose(now);
            return;
        }

        if (now >= _handshakeDeadline)
        {
            _closer.Close(
                new CloseReason(CloseKind.HandshakeTimeout, (ulong)TransportErrorCode.NoError, 0, "the handshake took longer than its time-out"), now);
            return;
        }

        if (now >= _state.Idle.KeepAliveDeadline)
        {
            // What is under way asks for an answer already, and would never be probed for if each PING began its time-out anew. RFC 9002 §6.2.1.
            if (_state.Space(PacketNumberSpace.Application).Recovery.AckElicitingInFlight == 0)
            {
                _state.Ping.Request();
            }

            _state.Idle.OnKeepAlive(now);
        }

        _state.LocalIds.OnTimeout(now);
        _state.Early.OnTimeout(now);
        _paths.OnTimeout(now);
        _state.Space(PacketNumberSpace.Application).Acks.OnTimeout(now);
        int probeTimeouts = _state.Recovery.ProbeTimeouts;
        _state.Recovery.OnTimeout(now);
        if (_state.Recovery.ProbeTimeouts > probeTimeouts)
        {
            _paths.Migrator?.OnProbeTimeouts(_state.Recovery.ProbeTimeouts);
        }
    }

    /// <summary>Server, on <see cref="TlsSuspension.ServerSettings"/>. The handshake time-out of the settings counts from the start.</summary>
    public void ResumeWithServerSettings(ConnectionSettings settings, ServerTlsSettings tls, Timestamp now)
    {
        if (_state.IsClosing)
        {
            return;
        }

        try
        {
            SetHandshakeTimeout(settings.HandshakeTimeout, _startTime);
            _handshake.ResumeWithServerSettings(settings, tls);
            _state.Idle.Configure(settings.IdleTimeout, TimeSpan.Zero, TimeSpan.Zero, _state.ProbePeriod, now);

            // Early data that came before there were keys for it.
            _receiver.ReplayUndecryptable(now);
            AfterInput(now);
        }
        catch (TransportException violation)
        {
            Fail(violation, now);
        }
    }

    /// <summary>On <see cref="TlsSuspension.PeerCertificate"/>: null accepts, an alert closes the connection with it.</summary>
    public void ResumeWithCertificateVerdict(TlsAlert? rejection, string reason, Exception? cause, Timestamp now)
    {
        if (_state.IsClosing)
        {
            return;
        }

        if (rejection is TlsAlert alert)
        {
            CloseTransport((TransportErrorCode)((ulong)TransportErrorCode.CryptoError + (ulong)alert), reason, cause, now);
            return;
        }

        try
        {
            _handshake.ResumeWithCertificateVerdict(null, reason);
            AfterInput(now);
        }
        catch (TransportException violation)
        {
            Fail(violation, now);
        }
    }

    /// <summary>Opens a stream if the peer's limit allows; nothing is sent until it is used.</summary>
    public bool TryOpenStream(StreamDirection direction, out QuicStreamState? stream)
    {
        stream = null;
        return !_state.IsClosing && _state.Streams is not null && _state.Streams.Table.TryOpen(direction, out stream);
    }

    /// <summary>The application took a stream that the peer had opened: its credit may be returned once it has ended.</summary>
    public void OnStreamAccepted(QuicStreamState stream) => _state.Streams!.Table.OnAccepted(stream); // streams exist, so the table does

    /// <summary>Who goes first, and how streams of one priority share. RFC 9218 §4, §10.</summary>
    public void SetPriority(SendStream stream, byte priority, bool isIncremental) =>
        _state.Streams!.Scheduler.SetPriority(stream, priority, isIncremental); // streams exist, so the scheduler does

    /// <summary>The largest datagram that can be sent now; 0: the peer takes none. RFC 9221 §3.</summary>
    public int MaxDatagramLength => _state.Datagrams.MaxLength(_state.OneRttPayload);

    /// <summary>Takes a datagram to be sent before <paramref name="expires"/>, or not at all. RFC 9221 §5.</summary>
    public DatagramAdmission TrySendDatagram(ReadOnlySpan<byte> data, byte priority, Timestamp expires, long tag, Timestamp now) =>
        _state.Datagrams.TrySend(data, priority, expires, tag, _state.OneRttPayload, now);

    /// <summary>Moves to new 1-RTT keys with the next packet, as soon as the present ones are acknowledged. RFC 9001 §6.1.</summary>
    public void UpdateKeys() => _state.ApplicationKeys.RequestUpdate();

    /// <summary>How often the 1-RTT keys have changed, by either side.</summary>
    public int KeyUpdates => _state.ApplicationKeys.Updates;

    /// <summary>Closes with an application error code (CONNECTION_CLOSE 0x1d; before the handshake is confirmed as RFC 9000 §10.2.3 says).</summary>
    public void Close(ulong errorCode, string reason, Timestamp now) =>
        _closer.Close(new CloseReason(CloseKind.LocalApplication, errorCode, 0, reason), now);

    /// <summary>As <see cref="Close"/>, but once the peer has acknowledged what was written, at the deadline at the latest.</summary>
    public void CloseWhenFlushed(ulong errorCode, Timestamp deadline, Timestamp now) =>
        _flush.Begin(new CloseReason(CloseKind.LocalApplication, errorCode, 0, string.Empty), deadline, now);

    /// <summary>Closes with a transport error, for example CONNECTION_REFUSED or a TLS alert.</summary>
    public void CloseTransport(TransportErrorCode code, string reason, Exception? cause, Timestamp now) =>
        _closer.Close(new CloseReason(CloseKind.LocalTransport, (ulong)code, 0, reason) { Cause = cause }, now);

    /// <summary>A datagram that ended in this connection's reset token came. RFC 9000 §10.3.1.</summary>
    public void OnStatelessReset(Timestamp now) => _closer.OnStatelessReset(now);

    /// <summary>Ends at once with nothing sent; ids are given up, buffers return to their pools.</summary>
    public void Dispose()
    {
        _state.LocalIds.RemoveAll();
        _state.PeerIds.RemoveAll();
        _receiver.Dispose();
        _state.Dispose();
        _handshake.Tls.Dispose();
    }

    private static ConnectionState CreateState(
        EndpointRole role,
        VersionChoice version,
        IConnectionIdSource ids,
        in ConnectionId peer,
        in ConnectionId original,
        in PathAddress local,
        in PathAddress remote,
        IRandomSource random,
        IConnectionEvents events)
    {
        var localIds = new LocalConnectionIds(ids, id => events.TryAddConnectionId(id), id => events.OnConnectionIdRemoved(id));
        var peerIds = new PeerConnectionIds(
            peer, remote, (added, from) => events.OnStatelessResetTokenAdded(added, from), removed => events.OnStatelessResetTokenRemoved(removed));
        return new ConnectionState(role, random, events)
        {
            Version = version,
            LocalIds = localIds,
            PeerIds = peerIds,
            OriginalDestination = original,
            LocalInitialSource = localIds.First,
            Paths = new PathTable(new NetworkPath(local, remote, role) { LocalId = localIds.First, PeerId = peerIds.Active }),
        };
    }

    private void SetHandshakeTimeout(TimeSpan timeout, Timestamp from) =>
        _handshakeDeadline = timeout > TimeSpan.Zero ? from + timeout : Timestamp.Never;

    /// <summary>What completion of the handshake changes, and packets that waited for keys; a close that waits may be due.</summary>
    private void AfterInput(Timestamp now)
    {
        _flush.TryClose(now);
        if (_state.Phase != ConnectionPhase.Established)
        {
            return;
        }

        _paths.Migrator?.TryBegin(now);
        _rotation.OnDatagram(now);

        if (_handshakeDeadline != Timestamp.Never || !_state.IsIdleConfigured)
        {
            _handshakeDeadline = Timestamp.Never;
            _state.IsIdleConfigured = true;
            ConnectionSettings settings = _state.Settings!; // fixed before the handshake could complete
            _state.Idle.Configure(settings.IdleTimeout, _state.PeerParameters!.MaxIdleTimeout, settings.KeepAliveInterval, _state.ProbePeriod, now);
            if (_state.Role == EndpointRole.Server)
            {
                _handshake.SendTickets(settings.UnixMilliseconds(now));
                _state.SendNewToken(now);
            }

            _receiver.ReplayUndecryptable(now);
        }
    }

    private void Fail(TransportException violation, Timestamp now) =>
        _closer.Close(
            new CloseReason(CloseKind.LocalTransport, (ulong)violation.Code, violation.FrameType, violation.Message) { Cause = violation.InnerException },
            now);
}
