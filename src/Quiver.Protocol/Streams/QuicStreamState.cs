using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.Streams;

/// <summary>A stream of a connection: its id and its one or two halves. RFC 9000 §3. Used under the connection's lock.</summary>
internal sealed class QuicStreamState
{
    /// <summary>Fine enough for ages, and four bytes of it last for two years.</summary>
    private const long OpenedUnit = TimeSpan.TicksPerSecond / 64;

    private uint _opened;

    public QuicStreamState(StreamId id, StreamContext context, ulong? sendLimit, ulong? receiveWindow)
    {
        Id = id;
        Context = context;
        Send = sendLimit is ulong limit ? new SendStream(this, limit) : null;
        Receive = receiveWindow is ulong window ? new ReceiveStream(this, window) : null;
    }

    public StreamId Id { get; }

    public StreamContext Context { get; }

    /// <summary>Null on a unidirectional stream of the peer.</summary>
    public SendStream? Send { get; }

    /// <summary>Null on our own unidirectional stream.</summary>
    public ReceiveStream? Receive { get; }

    /// <summary>Who is told of what happens to the stream; set by the driver when it makes the handle.</summary>
    public IStreamEvents? Events { get; set; }

    /// <summary>Both halves are done on the wire; the connection has forgotten the stream.</summary>
    public bool IsFreed { get; set; }

    public bool IsAccepted { get; set; }

    /// <summary>When it was opened, by us or by the peer's first frame; set by the driver, for those who watch over streams.</summary>
    public Timestamp Opened
    {
        get => new(_opened * OpenedUnit);
        set => _opened = (uint)(value.Ticks / OpenedUnit);
    }

    /// <summary>Whether something of what was received came as early data, which an attacker may have sent again. RFC 9001 §9.2.</summary>
    public bool HasEarlyData { get; set; }

    /// <summary>Whether the stream waits in the control queue.</summary>
    public bool IsControlQueued { get; set; }

    public bool HasControlFrames => Send is { HasControlFrames: true } || Receive is { HasControlFrames: true };

    /// <summary>Writes RESET_STREAM, STOP_SENDING, MAX_STREAM_DATA and STREAM_DATA_BLOCKED as far as they are due and fit.</summary>
    public void WriteControlFrames(ref PacketBuilder packet)
    {
        Receive?.WriteControlFrames(ref packet);
        Send?.WriteControlFrames(ref packet);
    }

    /// <summary>A half reached its end on the wire.</summary>
    public void OnHalfDone()
    {
        if (!IsFreed && Send is null or { IsDone: true } && Receive is null or { IsDone: true })
        {
            IsFreed = true;
            Context.Table.OnStreamDone(this);
            Events?.OnStreamFreed();
        }
    }
}
