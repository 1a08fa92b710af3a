using Quiver.Protocol.Frames;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.ConnectionIds;

/// <summary>The ids that we gave the peer to reach us by. RFC 9000 §5.1.1, §5.1.2.</summary>
internal sealed class LocalConnectionIds : IFrameSource, ISentFrameOwner
{
    /// <summary>Ids in use at a time at most, whatever the peer would keep: enough for a path, its successor and probing.</summary>
    public const int MaxActive = 4;

    private readonly List<IssuedConnectionId> _active = [];
    private readonly Queue<ulong> _pending = new();
    private readonly IRandomSource _random;
    private readonly Action<ConnectionId> _onAdded;
    private readonly Action<ConnectionId> _onRemoved;
    private readonly int _idLength;
    private ulong _nextSequence = 1;
    private ulong _nextUnsent = 1;
    private int _limit = 1;
    private ConnectionId? _original;

    public LocalConnectionIds(in ConnectionId first, in StatelessResetToken token, IRandomSource random, Action<ConnectionId> onAdded, Action<ConnectionId> onRemoved)
    {
        _active.Add(new IssuedConnectionId(0, first, token));
        _random = random;
        _onAdded = onAdded;
        _onRemoved = onRemoved;
        _idLength = first.Length;
        onAdded(first);
    }

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
        _onAdded(original);
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

    /// <summary>The handshake is done: more ids may be issued, as many as the peer keeps.</summary>
    public void OnPeerLimit(ulong activeConnectionIdLimit)
    {
        _limit = (int)Math.Min(activeConnectionIdLimit, MaxActive);
        Issue();
    }

    public void OnRetired(ulong sequence, in ConnectionId usedInPacket)
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

        _onRemoved(_active[index].Id);
        _active.RemoveAt(index);
        Issue();
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
    }

    public void WriteFrames(ref PacketBuilder packet)
    {
        while (_pending.TryPeek(out ulong sequence))
        {
            int index = IndexOf(sequence);
            if (index >= 0)
            {
                var frame = new NewConnectionIdFrame(sequence, 0, _active[index].Id, _active[index].Token);
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
        Span<byte> token = stackalloc byte[StatelessResetToken.Length];

        // A peer that is reached without an id has nothing to choose from.
        while (_idLength > 0 && _active.Count < _limit)
        {
            _random.Fill(token);
            ulong sequence = _nextSequence++;
            var issued = new IssuedConnectionId(sequence, ConnectionId.Random(_random, _idLength), StatelessResetToken.Read(token));
            _active.Add(issued);
            _pending.Enqueue(sequence);
            _onAdded(issued.Id);
        }
    }
}
