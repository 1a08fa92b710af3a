using Quiver.Protocol.Frames;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.ConnectionIds;

/// <summary>The ids that we gave the peer to reach us by. RFC 9000 §5.1.1, §5.1.2.</summary>
internal sealed class LocalConnectionIds : IFrameSource, ISentFrameOwner
{
    /// <summary>Ids in use at a time at most, whatever the peer would keep: enough for a path, its successor and probing.</summary>
    public const int MaxActive = 4;

    /// <summary>Ids given beyond that to a peer from which nothing is heard: one at each probe time-out, whose intervals double.</summary>
    public const int MaxUnanswered = 8;

    /// <summary>Retired ids that are still listened to; a peer that retires faster loses what it sent to the oldest.</summary>
    public const int MaxLeaving = 4 * MaxActive;

    /// <summary>Short ids may be taken by other connections: so often another is tried.</summary>
    private const int MaxAttempts = 64;

    private readonly List<IssuedConnectionId> _active = [];
    private readonly Queue<ulong> _pending = new();
    private readonly Queue<(ConnectionId Id, Timestamp Until)> _leaving = new();
    private readonly IConnectionIdSource _source;
    private readonly Func<ConnectionId, bool> _tryAdd;
    private readonly Action<ConnectionId> _onRemoved;
    private ulong _nextSequence = 1;
    private ulong _nextUnsent = 1;
    private ulong _retirePriorTo;
    private int _limit = 1;
    private ConnectionId? _original;

    /// <summary><paramref name="tryAdd"/> makes the endpoint route an id here, and says whether it was free.</summary>
    public LocalConnectionIds(IConnectionIdSource source, Func<ConnectionId, bool> tryAdd, Action<ConnectionId> onRemoved)
    {
        _source = source;
        _tryAdd = tryAdd;
        _onRemoved = onRemoved;
        if (!TryCreate(0, out IssuedConnectionId first))
        {
            throw new InvalidOperationException(
                source.Length == 0 ? "An endpoint with empty connection ids has one connection at a time." : $"No free connection id of {source.Length} bytes was found.");
        }

        _active.Add(first);
        First = first.Id;
        FirstToken = first.Token;
    }

    /// <summary>The id of the handshake.</summary>
    public ConnectionId First { get; }

    /// <summary>What resets a connection by <see cref="First"/>; a server's transport parameter. RFC 9000 §18.2.</summary>
    public StatelessResetToken FirstToken { get; }

    /// <summary>When retired ids are to be forgotten.</summary>
    public Timestamp Deadline => _leaving.TryPeek(out (ConnectionId Id, Timestamp Until) next) ? next.Until : Timestamp.Never;

    public bool HasFrames => _pending.Count > 0;

    public bool Contains(in ConnectionId id)
    {
        foreach (IssuedConnectionId issued in _active)
        {
            if (issued.Id == id)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Server: the client's own choice, by which its first packets come until it knows ours. RFC 9000 §7.2.</summary>
    public void AddOriginal(in ConnectionId original)
    {
        _original = original;
        _tryAdd(original);
    }

    /// <summary>The handshake is confirmed: nothing comes by the client's choice any more.</summary>
    public void RemoveOriginal()
    {
        if (_original is ConnectionId original)
        {
            _onRemoved(original);
            _original = null;
        }
    }

    /// <summary>Server: the id that goes with its preferred address, the next after the handshake's; null when none can be had. RFC 9000 §5.1.1.</summary>
    public IssuedConnectionId? TryIssueFirst()
    {
        if (_source.Length == 0 || _nextSequence > 1 || !TryCreate(_nextSequence, out IssuedConnectionId issued))
        {
            return null;
        }

        _active.Add(issued);
        _nextUnsent = ++_nextSequence;
        return issued;
    }

    /// <summary>Has the id of each packet that may come handed to <paramref name="use"/>.</summary>
    public void ForEach(Action<ConnectionId> use)
    {
        foreach (IssuedConnectionId issued in _active)
        {
            use(issued.Id);
        }
    }

    /// <summary>The handshake is done: more ids may be issued, as many as the peer keeps.</summary>
    public void OnPeerLimit(ulong activeConnectionIdLimit)
    {
        _limit = (int)Math.Min(activeConnectionIdLimit, MaxActive);
        Issue();
    }

    /// <summary>
    /// Has the peer retire all ids that it has, and gives it another; more follow as it does. Not while it still has some that it was to
    /// retire. For a moment it has one more than its limit, which it allows when others are retired. RFC 9000 §5.1.1, §5.1.2.
    /// </summary>
    public void Replace()
    {
        // Those come first: the list is in order of numbers.
        if (_active.Count > 0 && _active[0].SequenceNumber >= _retirePriorTo)
        {
            Add();
        }
    }

    /// <summary>As <see cref="Replace"/>, but also while the peer still has some to retire: it may have no way to tell that it has.</summary>
    public void Add()
    {
        if (_source.Length > 0 && _active.Count < MaxActive + MaxUnanswered && TryCreate(_nextSequence, out IssuedConnectionId issued))
        {
            _active.Add(issued);
            _pending.Enqueue(_nextSequence);
            _retirePriorTo = _nextSequence++;
        }
    }

    /// <summary>The peer uses an id no more; packets that it sent before may come until <paramref name="until"/>. RFC 9000 §5.1.2.</summary>
    public void OnRetired(ulong sequence, in ConnectionId usedInPacket, Timestamp until)
    {
        // Not one that was never sent (else ids would be issued and retired without end while nothing can be sent), nor the one that the frame came by. RFC 9000 §19.16.
        if (sequence >= _nextUnsent)
        {
            TransportException.Throw(
                TransportErrorCode.ProtocolViolation, $"connection id {sequence} was retired but not sent", (ulong)FrameType.RetireConnectionId);
        }

        int index = IndexOf(sequence);
        if (index < 0)
        {
            return;
        }

        if (_active[index].Id == usedInPacket)
        {
            TransportException.Throw(
                TransportErrorCode.ProtocolViolation, $"connection id {sequence} was retired by a packet that used it", (ulong)FrameType.RetireConnectionId);
        }

        if (_leaving.Count == MaxLeaving)
        {
            _onRemoved(_leaving.Dequeue().Id);
        }

        _leaving.Enqueue((_active[index].Id, until));
        _active.RemoveAt(index);
        Issue();
    }

    public void OnTimeout(Timestamp now)
    {
        while (_leaving.TryPeek(out (ConnectionId Id, Timestamp Until) next) && next.Until <= now)
        {
            _onRemoved(_leaving.Dequeue().Id);
        }
    }

    /// <summary>The connection is over: none of the ids is ours any more.</summary>
    public void RemoveAll()
    {
        RemoveOriginal();
        foreach (IssuedConnectionId issued in _active)
        {
            _onRemoved(issued.Id);
        }

        _active.Clear();
        OnTimeout(Timestamp.Never);
    }

    public void WriteFrames(ref PacketBuilder packet)
    {
        while (_pending.TryPeek(out ulong sequence))
        {
            int index = IndexOf(sequence);
            if (index >= 0)
            {
                var frame = new NewConnectionIdFrame(sequence, Math.Min(sequence, _retirePriorTo), _active[index].Id, _active[index].Token);
                if (frame.Length > packet.Remaining)
                {
                    return;
                }

                frame.Write(ref packet.Writer);
                packet.Record(new SentFrame(this, FrameType.NewConnectionId, sequence));
                _nextUnsent = Math.Max(_nextUnsent, sequence + 1);
            }

            _pending.Dequeue();
        }
    }

    public void OnAcked(in SentFrame frame)
    {
        // Nothing waits for it.
    }

    public void OnLost(in SentFrame frame)
    {
        if (IndexOf(frame.Id) >= 0 && !_pending.Contains(frame.Id))
        {
            _pending.Enqueue(frame.Id);
        }
    }

    // No lambda: a closure would be made for every packet that asks for frames.
    private int IndexOf(ulong sequence)
    {
        for (int i = 0; i < _active.Count; i++)
        {
            if (_active[i].SequenceNumber == sequence)
            {
                return i;
            }
        }

        return -1;
    }

    private void Issue()
    {
        // A peer that is reached without an id has nothing to choose from.
        while (_source.Length > 0 && _active.Count < _limit && TryCreate(_nextSequence, out IssuedConnectionId issued))
        {
            _active.Add(issued);
            _pending.Enqueue(_nextSequence++);
        }
    }

    private bool TryCreate(ulong sequence, out IssuedConnectionId issued)
    {
        int attempts = _source.Length == 0 ? 1 : MaxAttempts;
        for (int i = 0; i < attempts; i++)
        {
            ConnectionId id = _source.Create();
            if (_tryAdd(id))
            {
                issued = new IssuedConnectionId(sequence, id, _source.TokenFor(id));
                return true;
            }
        }

        issued = default;
        return false;
    }
}
