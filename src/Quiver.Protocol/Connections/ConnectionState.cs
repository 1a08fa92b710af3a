using Quiver.Protocol.Congestion;
using Quiver.Protocol.ConnectionIds;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Datagrams;
using Quiver.Protocol.Paths;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;
using Quiver.Protocol.Streams;
using Quiver.Protocol.Tokens;
using Quiver.Protocol.TransportParameters;

namespace Quiver.Protocol.Connections;

/// <summary>What the parts of one connection share: who we are, where we are in its life, and the parts that own state.</summary>
internal sealed class ConnectionState : IDisposable
{
    /// <summary>Every path carries this much. RFC 9000 §14.</summary>
    public const int BaseDatagramSize = 1200;

    public ConnectionState(EndpointRole role, IRandomSource random, IConnectionEvents events)
    {
        Role = role;
        Random = random;
        Events = events;
        Recovery = new LossDetector(role, new Pacer(BaseDatagramSize)) { Congestion = new Cubic(BaseDatagramSize) };
        Spaces =
        [
            new PacketSpace(PacketNumberSpace.Initial, Recovery.Space(PacketNumberSpace.Initial)),
            new PacketSpace(PacketNumberSpace.Handshake, Recovery.Space(PacketNumberSpace.Handshake)),
            new PacketSpace(PacketNumberSpace.Application, Recovery.Space(PacketNumberSpace.Application)),
        ];
        Frames.SetSources(PacketNumberSpace.Initial, Space(PacketNumberSpace.Initial).Crypto);
        Frames.SetSources(PacketNumberSpace.Handshake, Space(PacketNumberSpace.Handshake).Crypto);
    }

    public EndpointRole Role { get; }

    public IRandomSource Random { get; }

    public IConnectionEvents Events { get; }

    public LossDetector Recovery { get; }

    public PacketSpace[] Spaces { get; }

    public KeyUpdate ApplicationKeys { get; } = new();

    public EarlyData Early { get; } = new();

    public required PathTable Paths { get; init; }

    /// <summary>What may be sent on the path in use.</summary>
    public AmplificationLimit Amplification => Paths.Active.Limit;

    public PathResponder PathResponses { get; } = new();

    public DatagramQueue Datagrams { get; } = new();

    public IdleTimer Idle { get; } = new();

    public HandshakeDoneFrame HandshakeDone { get; } = new();

    public NewTokenFrames NewToken { get; } = new();

    public PingFrames Ping { get; } = new();

    public Traffic Traffic { get; } = new();

    public FrameScheduler Frames { get; } = new();

    public required LocalConnectionIds LocalIds { get; init; }

    public required PeerConnectionIds PeerIds { get; init; }

    public required VersionChoice Version { get; init; }

    /// <summary>The client's first Destination Connection ID, from which the Initial keys come. RFC 9001 §5.2.</summary>
    public required ConnectionId OriginalDestination { get; set; }

    /// <summary>The Source Connection ID of our own first packet.</summary>
    public required ConnectionId LocalInitialSource { get; init; }

    /// <summary>The Source Connection ID of the peer's first Initial; null before. RFC 9000 §7.2.</summary>
    public ConnectionId? PeerInitialSource { get; set; }

    /// <summary>The Source Connection ID of the Retry that the client followed.</summary>
    public ConnectionId? RetrySource { get; set; }

    /// <summary>Client: the token for Initials, of a Retry or an earlier connection. RFC 9000 §17.2.2.</summary>
    public byte[] InitialToken { get; set; } = [];

    public PathAddress Local => Paths.Active.Local;

    public PathAddress Remote => Paths.Active.Remote;

    public ConnectionPhase Phase { get; set; } = ConnectionPhase.Handshaking;

    public bool IsClosing => Phase >= ConnectionPhase.Closing;

    public bool IsHandshakeConfirmed { get; set; }

    /// <summary>Whether both idle time-outs are known and in force.</summary>
    public bool IsIdleConfigured { get; set; }

    /// <summary>Null on a server until the application has chosen.</summary>
    public ConnectionSettings? Settings { get; set; }

    public TransportParameterSet? LocalParameters { get; private set; }

    public TransportParameterSet? PeerParameters { get; set; }

    /// <summary>Null until the local parameters are known.</summary>
    public StreamContext? Streams { get; private set; }

    public TimeSpan LocalMaxAckDelay => LocalParameters?.MaxAckDelay ?? TransportParameterSet.DefaultMaxAckDelay;

    /// <summary>A probe time-out without back-off.</summary>
    public TimeSpan ProbePeriod => ProbeTimeout.Period(Recovery.Rtt, Recovery.PeerMaxAckDelay);

    /// <summary>What a 1-RTT packet costs at most beside its frames: first byte, id, packet number, tag. RFC 9000 §17.3.1.</summary>
    public int OneRttOverhead => OneRttOverheadOf(PeerIds.Current);

    /// <summary>As <see cref="OneRttOverhead"/>, for packets to another id.</summary>
    public static int OneRttOverheadOf(in ConnectionId peer) => 1 + peer.Length + 4 + PacketProtection.TagLength;

    /// <summary>What the frames of one 1-RTT packet may have together.</summary>
    public int OneRttPayload => BaseDatagramSize - OneRttOverhead;

    public PacketSpace Space(PacketNumberSpace id) => Spaces[(int)id];

    /// <summary>Our parameters are fixed: streams can exist from now on.</summary>
    public void SetLocalParameters(TransportParameterSet local, ConnectionSettings settings)
    {
        Settings = settings;
        LocalParameters = local;
        ApplicationKeys.MaxPackets = settings.MaxPacketsPerKey;
        if (settings.UsesNewReno && Recovery.Congestion is not NewReno)
        {
            Recovery.Congestion = new NewReno(BaseDatagramSize);
        }

        Streams = new StreamContext(local.InitialMaxData)
        {
            MaxReceiveWindow = Math.Max(local.InitialMaxData, 2 * settings.MaxStreamReceiveWindow),
            Rtt = Recovery.Rtt,
            MaxStreamReceiveWindow = settings.MaxStreamReceiveWindow,
        };
        _ = new StreamTable(Role, Streams, local, Events.OnStreamOpenedByPeer);
        Frames.SetSources(
            PacketNumberSpace.Application,
            HandshakeDone,
            Space(PacketNumberSpace.Application).Crypto,
            PeerIds,
            LocalIds,
            NewToken,
            new FlowControlFrames(Streams),
            Streams.Control,
            new ApplicationFrames(Datagrams, Streams.Scheduler, () => OneRttPayload),
            Ping);
        Datagrams.LocalMaxFrameSize = local.MaxDatagramFrameSize;
    }

    /// <summary>Server: the client gets a token for its next connection from the address in use, if it is to have one. RFC 9000 §8.1.3.</summary>
    public void SendNewToken(Timestamp now)
    {
        if (Role == EndpointRole.Server && Settings is { NewTokens: { } tokens } settings)
        {
            NewToken.Send(tokens.IssueForLater(Remote, Version.Current, settings.UnixMilliseconds(now)));
        }
    }

    /// <summary>Early data was refused: its streams never were, and ids begin anew; its datagrams are lost. RFC 9001 §4.6.2.</summary>
    public void ForgetStreams()
    {
        Recovery.ForgetSent(PacketNumberSpace.Application);
        Datagrams.Abandon();
        Datagrams.PeerMaxFrameSize = 0;
        Streams!.Table.Abandon(); // early data was sent on streams
        SetLocalParameters(LocalParameters!, Settings!); // set together, before any stream
    }

    /// <summary>Drops a space with its keys. RFC 9001 §4.9.</summary>
    public void Discard(PacketNumberSpace id)
    {
        if (!Space(id).IsDiscarded)
        {
            Space(id).Dispose();
            Recovery.Discard(id);
        }
    }

    public void Dispose()
    {
        foreach (PacketSpace space in Spaces)
        {
            space.Dispose();
        }

        ApplicationKeys.Dispose();
        Early.Dispose();
        Streams?.Table.Abandon();
    }
}
