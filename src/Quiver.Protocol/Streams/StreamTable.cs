using Quiver.Protocol.Frames;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.TransportParameters;

namespace Quiver.Protocol.Streams;

/// <summary>The streams that are not yet done on the wire, and the limits on opening more. RFC 9000 §2.1, §4.6.</summary>
internal sealed class StreamTable
{
    private readonly Dictionary<ulong, QuicStreamState> _streams = [];
    private readonly EndpointRole _role;
    private readonly StreamContext _context;
    private readonly TransportParameterSet _local;
    private readonly Action<QuicStreamState> _onOpenedByPeer;
    private readonly OutgoingStreamLimit[] _outgoing = [new(), new()];
    private readonly IncomingStreamLimit[] _incoming;
    private TransportParameterSet _peer = new();

    public StreamTable(EndpointRole role, StreamContext context, TransportParameterSet local, Action<QuicStreamState> onOpenedByPeer)
    {
        _role = role;
        _context = context;
        _local = local;
        _onOpenedByPeer = onOpenedByPeer;
        _incoming = [new(local.InitialMaxStreamsBidi), new(local.InitialMaxStreamsUni)];
        context.Table = this;
    }

    public int Count => _streams.Count;

    public Dictionary<ulong, QuicStreamState>.ValueCollection Streams => _streams.Values;

    public OutgoingStreamLimit Outgoing(StreamDirection direction) => _outgoing[(int)direction];

    public IncomingStreamLimit Incoming(StreamDirection direction) => _incoming[(int)direction];

    /// <summary>Limits of new streams, and of our own that are open: those began with remembered ones. RFC 9000 §7.4.1.</summary>
    public void SetPeerParameters(TransportParameterSet peer)
    {
        _peer = peer;
        foreach (QuicStreamState stream in _streams.Values)
        {
            if (stream.Id.Initiator == _role)
            {
                stream.Send!.OnMaxStreamData( // ours, so we send on it
                    stream.Id.Direction == StreamDirection.Bidirectional ? peer.InitialMaxStreamDataBidiRemote : peer.InitialMaxStreamDataUni);
            }
        }
    }

    public bool TryOpen(StreamDirection direction, out QuicStreamState? stream)
    {
        stream = null;
        if (!_outgoing[(int)direction].TryOpen(out ulong index))
        {
            return false;
        }

        bool bidirectional = direction == StreamDirection.Bidirectional;
        stream = new QuicStreamState(
            StreamId.From(_role, direction, index),
            _context,
            bidirectional ? _peer.InitialMaxStreamDataBidiRemote : _peer.InitialMaxStreamDataUni,
            bidirectional ? _local.InitialMaxStreamDataBidiLocal : null);
        _streams.Add(stream.Id.Value, stream);
        return true;
    }

    /// <summary>
    /// Finds the stream of a frame that the sender of a stream sends (STREAM, RESET_STREAM, STREAM_DATA_BLOCKED), opening it
    /// if the peer may. Null when the stream is already done: the frame is late.
    /// </summary>
    public QuicStreamState? FindForReceiving(StreamId id, FrameType type)
    {
        // We alone send on our unidirectional streams. RFC 9000 §19.8.
        if (id.Initiator == _role && id.Direction == StreamDirection.Unidirectional)
        {
            TransportException.Throw(TransportErrorCode.StreamStateError, $"{type} on stream {id}, on which only we send", (ulong)type);
        }

        return Find(id, type);
    }

    /// <summary>Finds the stream of a frame that the receiver of a stream sends (STOP_SENDING, MAX_STREAM_DATA).</summary>
    public QuicStreamState? FindForSending(StreamId id, FrameType type)
    {
        // We never send on the peer's unidirectional streams. RFC 9000 §19.5, §19.10.
        if (id.Initiator != _role && id.Direction == StreamDirection.Unidirectional)
        {
            TransportException.Throw(TransportErrorCode.StreamStateError, $"{type} on stream {id}, on which we cannot send", (ulong)type);
        }

        return Find(id, type);
    }

    /// <summary>Both halves are done.</summary>
    public void OnStreamDone(QuicStreamState stream)
    {
        _streams.Remove(stream.Id.Value);
        if (stream.Id.Initiator != _role && stream.IsAccepted)
        {
            _incoming[(int)stream.Id.Direction].Return();
        }
    }

    /// <summary>The application took the stream: from now on its end gives its credit back.</summary>
    public void OnAccepted(QuicStreamState stream)
    {
        if (!stream.IsAccepted && stream.Id.Initiator != _role)
        {
            stream.IsAccepted = true;
            if (stream.IsFreed)
            {
                _incoming[(int)stream.Id.Direction].Return();
            }
        }
    }

    /// <summary>The connection is gone: buffers that nobody will send go back; what can be read stays readable.</summary>
    public void Abandon()
    {
        foreach (QuicStreamState stream in _streams.Values)
        {
            stream.Send?.Abandon();
        }

        _streams.Clear();
    }

    private QuicStreamState? Find(StreamId id, FrameType type)
    {
        if (_streams.TryGetValue(id.Value, out QuicStreamState? stream))
        {
            return stream;
        }

        if (id.Initiator == _role)
        {
            // A stream of ours that we have not opened. RFC 9000 §19.8.
            if (id.Index >= _outgoing[(int)id.Direction].Opened)
            {
                TransportException.Throw(TransportErrorCode.StreamStateError, $"{type} on stream {id}, which we have not opened", (ulong)type);
            }

            return null;
        }

        IncomingStreamLimit limit = _incoming[(int)id.Direction];

        // A stream beyond what we allowed. RFC 9000 §4.6.
        if (id.Index >= limit.Maximum)
        {
            TransportException.Throw(TransportErrorCode.StreamLimitError, $"{type} on stream {id}, beyond the limit of {limit.Maximum}", (ulong)type);
        }

        // Opening a stream opens all of its type below it. RFC 9000 §3.2.
        while (limit.Opened <= id.Index)
        {
            stream = OpenByPeer(StreamId.From(id.Initiator, id.Direction, limit.Opened++));
        }

        return stream;
    }

    private QuicStreamState OpenByPeer(StreamId id)
    {
        bool bidirectional = id.Direction == StreamDirection.Bidirectional;
        var stream = new QuicStreamState(
            id,
            _context,
            bidirectional ? _peer.InitialMaxStreamDataBidiLocal : null,
            bidirectional ? _local.InitialMaxStreamDataBidiRemote : _local.InitialMaxStreamDataUni);
        _streams.Add(id.Value, stream);
        _onOpenedByPeer(stream);
        return stream;
    }
}
