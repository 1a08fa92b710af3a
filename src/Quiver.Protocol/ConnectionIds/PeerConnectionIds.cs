using System.Security.Cryptography;
using Quiver.Protocol.Buffers;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.ConnectionIds;

/// <summary>The ids that the peer gave us to reach it by, and those we have yet to give back. RFC 9000 §5.1.</summary>
internal sealed class PeerConnectionIds : IFrameSource, ISentFrameOwner
{
    /// <summary>What we advertise as active_connection_id_limit.</summary>
    public const int ActiveLimit = 4;

    /// <summary>Retirements that may wait for their ACK: a peer that makes more does not listen. RFC 9000 §5.1.2 suggests twice the limit.</summary>
    public const int MaxRetiring = 4 * ActiveLimit;

    private readonly List<IssuedConnectionId> _available = [];
    private readonly Queue<ulong> _retirePending = new();
    private readonly List<ulong> _retiring = [];
    private readonly RangeSet _retired = new();
    private readonly Action<StatelessResetToken> _onTokenAdded;
    private readonly Action<StatelessResetToken> _onTokenRemoved;
    private ulong _retirePriorTo;
    private bool _hasToken;
    private IssuedConnectionId _current;

    public PeerConnectionIds(in ConnectionId first, Action<StatelessResetToken> onTokenAdded, Action<StatelessResetToken> onTokenRemoved)
    {
        _current = new IssuedConnectionId(0, first, default);
        _onTokenAdded = onTokenAdded;
        _onTokenRemoved = onTokenRemoved;
    }

    /// <summary>The id to send to.</summary>
    public ConnectionId Current => _current.Id;

    public bool HasFrames => _retirePending.Count > 0;

    /// <summary>During the handshake the peer's first answer (or a Retry) says by which id it wants to be reached. RFC 9000 §7.2.</summary>
    public void Replace(in ConnectionId id) => _current = new IssuedConnectionId(0, id, default);

    /// <summary>The stateless_reset_token transport parameter belongs to the id of the handshake. RFC 9000 §18.2.</summary>
    public void SetHandshakeToken(in StatelessResetToken token)
    {
        if (_current.SequenceNumber == 0)
        {
            _current = _current with { Token = token };
            UseToken();
        }
    }

    /// <summary>Whether a datagram's last bytes reset the connection: only the token of the id in use does. RFC 9000 §10.3.1.</summary>
    public bool IsResetToken(in StatelessResetToken token)
    {
        if (!_hasToken)
        {
            return false;
        }

        // In constant time: how long it took must not tell how much was right.
        Span<byte> ours = stackalloc byte[StatelessResetToken.Length];
        Span<byte> theirs = stackalloc byte[StatelessResetToken.Length];
        _current.Token.Write(ours);
        token.Write(theirs);
        return CryptographicOperations.FixedTimeEquals(ours, theirs);
    }

    public void OnNewConnectionId(in NewConnectionIdFrame frame)
    {
        // A peer that is reached by an empty id cannot issue others. RFC 9000 §19.15.
        if (Current.Length == 0)
        {
            Throw(TransportErrorCode.ProtocolViolation, "NEW_CONNECTION_ID from a peer with an empty id");
        }

        IssuedConnectionId issued = new(frame.SequenceNumber, frame.ConnectionId, frame.ResetToken);
        if (!IsKnown(issued))
        {
            if (frame.SequenceNumber < _retirePriorTo)
            {
                // It comes late: retired before it could be used. RFC 9000 §19.15.
                Retire(frame.SequenceNumber);
            }
            else
            {
                _available.Add(issued);
            }
        }

        if (frame.RetirePriorTo > _retirePriorTo)
        {
            _retirePriorTo = frame.RetirePriorTo;
            RetireOld();
        }

        // More ids at a time than we keep is an error, after those that this frame retires. RFC 9000 §5.1.1.
        if (_available.Count + 1 > ActiveLimit)
        {
            Throw(TransportErrorCode.ConnectionIdLimitError, $"more than {ActiveLimit} connection ids");
        }
    }

    public void WriteFrames(ref PacketBuilder packet)
    {
        while (_retirePending.TryPeek(out ulong sequence))
        {
            var frame = new RetireConnectionIdFrame(sequence);
            if (frame.Length > packet.Remaining)
            {
                return;
            }

            frame.Write(ref packet.Writer);
            packet.Record(new SentFrame(this, FrameType.RetireConnectionId, sequence));
            _retirePending.Dequeue();
        }
    }

    public void OnAcked(in SentFrame frame) => _retiring.Remove(frame.Id); // a probe repeats it, so that two ACKs may come

    public void OnLost(in SentFrame frame)
    {
        if (_retiring.Contains(frame.Id) && !_retirePending.Contains(frame.Id))
        {
            _retirePending.Enqueue(frame.Id);
        }
    }

    /// <summary>The peer is reached at another address: by another id if it has moved on purpose and one is left. RFC 9000 §9.5.</summary>
    public void OnPathChanged(bool takesNewId)
    {
        if (takesNewId && _available.Count > 0 && _retiring.Count < MaxRetiring)
        {
            Retire(_current.SequenceNumber);
            UseNext();
        }
        else if (_hasToken)
        {
            // The token counts only from the address in use.
            RemoveAll();
            UseToken();
        }
    }

    /// <summary>The connection is over: its token no longer resets anything.</summary>
    public void RemoveAll()
    {
        if (_hasToken)
        {
            _onTokenRemoved(_current.Token);
            _hasToken = false;
        }
    }

    private static void Throw(TransportErrorCode code, string reason) => TransportException.Throw(code, reason, (ulong)FrameType.NewConnectionId);

    /// <summary>Whether the frame is a repetition; one number for two ids, or one id under two numbers, is an error. RFC 9000 §19.15.</summary>
    private bool IsKnown(in IssuedConnectionId issued)
    {
        if (issued.SequenceNumber == _current.SequenceNumber || issued.Id == _current.Id)
        {
            if (issued.SequenceNumber != _current.SequenceNumber || issued.Id != _current.Id)
            {
                Throw(TransportErrorCode.ProtocolViolation, $"connection id {issued.SequenceNumber} contradicts an earlier one");
            }

            return true;
        }

        foreach (IssuedConnectionId known in _available)
        {
            if (known.SequenceNumber == issued.SequenceNumber || known.Id == issued.Id)
            {
                if (known != issued)
                {
                    Throw(TransportErrorCode.ProtocolViolation, $"connection id {issued.SequenceNumber} contradicts an earlier one");
                }

                return true;
            }
        }

        // One that was retired before has been answered for.
        return _retired.Contains(issued.SequenceNumber);
    }

    private void RetireOld()
    {
        for (int i = _available.Count - 1; i >= 0; i--)
        {
            if (_available[i].SequenceNumber < _retirePriorTo)
            {
                Retire(_available[i].SequenceNumber);
                _available.RemoveAt(i);
            }
        }

        if (_current.SequenceNumber < _retirePriorTo)
        {
            Retire(_current.SequenceNumber);
            if (_available.Count == 0)
            {
                // Retire Prior To is at most the number of the frame's own id, so that one is left.
                Throw(TransportErrorCode.ProtocolViolation, "all connection ids were retired");
            }

            UseNext();
        }
    }

    private void UseNext()
    {
        RemoveAll();
        _current = _available[0];
        _available.RemoveAt(0);
        UseToken();
    }

    private void Retire(ulong sequence)
    {
        // Few ranges, since numbers go up by one; a peer that leaves holes has the oldest filled.
        _retired.Add(sequence, sequence + 1);
        if (_retired.Count > MaxRetiring)
        {
            _retired.Add(_retired[0].Start, _retired[1].End);
        }

        _retiring.Add(sequence);
        if (_retiring.Count > MaxRetiring)
        {
            Throw(TransportErrorCode.ConnectionIdLimitError, $"more than {MaxRetiring} connection ids wait to be retired");
        }

        _retirePending.Enqueue(sequence);
    }

    private void UseToken()
    {
        _hasToken = true;
        _onTokenAdded(_current.Token);
    }
}
