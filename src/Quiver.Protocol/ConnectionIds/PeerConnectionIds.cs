using System.Security.Cryptography;
using Quiver.Protocol.Buffers;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.ConnectionIds;

/// <summary>The ids that the peer gave us to reach it by: those that paths use, those in reserve, and those we have yet to give back. RFC 9000 §5.1.</summary>
internal sealed class PeerConnectionIds : IFrameSource, ISentFrameOwner
{
    /// <summary>What we advertise as active_connection_id_limit.</summary>
    public const int ActiveLimit = 4;

    /// <summary>Retirements that may wait for their ACK: a peer that makes more does not listen. RFC 9000 §5.1.2 suggests twice the limit.</summary>
    public const int MaxRetiring = 4 * ActiveLimit;

    private readonly List<UsedPeerId> _used = [];
    private readonly List<IssuedConnectionId> _available = [];
    private readonly Queue<ulong> _retirePending = new();
    private readonly List<ulong> _retiring = [];
    private readonly RangeSet _retired = new();
    private readonly Action<StatelessResetToken, PathAddress> _onTokenAdded;
    private readonly Action<StatelessResetToken> _onTokenRemoved;
    private ulong _retirePriorTo;

    public PeerConnectionIds(
        in ConnectionId first, in PathAddress remote, Action<StatelessResetToken, PathAddress> onTokenAdded, Action<StatelessResetToken> onTokenRemoved)
    {
        Active = new UsedPeerId(new IssuedConnectionId(0, first, default)) { Remote = remote };
        _used.Add(Active);
        _onTokenAdded = onTokenAdded;
        _onTokenRemoved = onTokenRemoved;
    }

    /// <summary>What the path in use sends to.</summary>
    public UsedPeerId Active { get; private set; }

    /// <summary>The id to send to on the path in use.</summary>
    public ConnectionId Current => Active.Id;

    /// <summary>Whether there is an id that no path needs, and room to give one back.</summary>
    private bool HasSpare => _available.Count > (Active.IsRetired ? 1 : 0) && _retiring.Count + _used.Count < MaxRetiring;

    public bool HasFrames => _retirePending.Count > 0;

    /// <summary>During the handshake the peer's first answer (or a Retry) says by which id it wants to be reached. RFC 9000 §7.2.</summary>
    public void Replace(in ConnectionId id) => Active.Issued = new IssuedConnectionId(0, id, default);

    /// <summary>The stateless_reset_token transport parameter belongs to the id of the handshake. RFC 9000 §18.2.</summary>
    public void SetHandshakeToken(in StatelessResetToken token)
    {
        if (_used[0].Issued.SequenceNumber == 0)
        {
            _used[0].Issued = _used[0].Issued with { Token = token };
            AddToken(_used[0]);
        }
    }

    /// <summary>The id of the preferred_address transport parameter, whose number is 1; it is good on any path. RFC 9000 §5.1.1, §9.6.3.</summary>
    public void OnPreferredAddress(in ConnectionId id, in StatelessResetToken token) => _available.Add(new IssuedConnectionId(1, id, token));

    /// <summary>
    /// An id for another path; null when there is none. The path in use has what is left when its own was retired, unless the other is to
    /// <paramref name="replace"/> it. A peer with empty ids has none to give, and needs none. RFC 9000 §9.5.
    /// </summary>
    public UsedPeerId? TryTake(in PathAddress remote, bool replace)
    {
        if (Current.Length == 0)
        {
            return Active;
        }

        if (!HasSpare && (!replace || _available.Count == 0))
        {
            return null;
        }

        var taken = new UsedPeerId(TakeAvailable()) { Remote = remote };
        _used.Add(taken);
        AddToken(taken);
        return taken;
    }

    /// <summary>The path in use sends to this one from now on, at the given address.</summary>
    public void Activate(UsedPeerId used, in PathAddress remote)
    {
        Active = used;
        if (used.Remote != remote)
        {
            // A token counts only from the address that the id is used with.
            RemoveToken(used);
            used.Remote = remote;
            AddToken(used);
        }
    }

    /// <summary>
    /// Whether packets can be sent to it; takes another in its place if the peer had it retired, the last one for the path in use or the one
    /// to <paramref name="replace"/> it. RFC 9000 §5.1.2.
    /// </summary>
    public bool TryRenew(UsedPeerId used, bool replace)
    {
        if (used.IsRetired && (HasSpare || ((used == Active || replace) && _available.Count > 0)))
        {
            used.IsRetired = false;
            UseNext(used);
        }

        return !used.IsRetired;
    }

    /// <summary>No path uses it any more: it is given back. RFC 9000 §5.1.2.</summary>
    public void Release(UsedPeerId used)
    {
        if (used != Active && _used.Remove(used))
        {
            RemoveToken(used);
            if (!used.IsRetired)
            {
                Retire(used.Issued.SequenceNumber);
            }
        }
    }

    /// <summary>Gives an id back and goes on with another, if there is one. RFC 9000 §5.1.2, §9.5.</summary>
    public void Change(UsedPeerId used)
    {
        if (!used.IsRetired && Current.Length > 0 && HasSpare)
        {
            Retire(used.Issued.SequenceNumber);
            UseNext(used);
        }
    }

    /// <summary>Whether a datagram's last bytes reset the connection: only the token of the id in use on its path does. RFC 9000 §10.3.1.</summary>
    public static bool IsResetToken(UsedPeerId used, in StatelessResetToken token)
    {
        if (!used.HasToken)
        {
            return false;
        }

        // In constant time: how long it took must not tell how much was right.
        Span<byte> ours = stackalloc byte[StatelessResetToken.Length];
        Span<byte> theirs = stackalloc byte[StatelessResetToken.Length];
        used.Issued.Token.Write(ours);
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
        if (_available.Count + _used.Count(used => !used.IsRetired) > ActiveLimit)
        {
            Throw(TransportErrorCode.ConnectionIdLimitError, $"more than {ActiveLimit} connection ids");
        }

        // What we give back of our own accord is far less.
        if (_retiring.Count > MaxRetiring)
        {
            Throw(TransportErrorCode.ConnectionIdLimitError, $"more than {MaxRetiring} connection ids wait to be retired");
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

    /// <summary>The connection is over: no token resets anything.</summary>
    public void RemoveAll()
    {
        foreach (UsedPeerId used in _used)
        {
            RemoveToken(used);
        }
    }

    private static void Throw(TransportErrorCode code, string reason) => TransportException.Throw(code, reason, (ulong)FrameType.NewConnectionId);

    private static void ThrowIfContradicting(in IssuedConnectionId known, in IssuedConnectionId issued, bool isSame)
    {
        if (!isSame)
        {
            Throw(TransportErrorCode.ProtocolViolation, $"connection id {issued.SequenceNumber} contradicts connection id {known.SequenceNumber}");
        }
    }

    /// <summary>Whether the frame is a repetition; one number for two ids, or one id under two numbers, is an error. RFC 9000 §19.15.</summary>
    private bool IsKnown(in IssuedConnectionId issued)
    {
        foreach (UsedPeerId used in _used)
        {
            if (used.Issued.SequenceNumber == issued.SequenceNumber || used.Id == issued.Id)
            {
                // The handshake's id may be without a token.
                ThrowIfContradicting(used.Issued, issued, used.Issued.SequenceNumber == issued.SequenceNumber && used.Id == issued.Id);
                return true;
            }
        }

        foreach (IssuedConnectionId known in _available)
        {
            if (known.SequenceNumber == issued.SequenceNumber || known.Id == issued.Id)
            {
                ThrowIfContradicting(known, issued, known == issued);
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

        // Which path gets what is left is decided when one is to send: the peer may be elsewhere by then. Nothing may be left: the frame's own
        // id, if it was sent before, may be another path's, and then the path in use is silent until the next comes.
        foreach (UsedPeerId used in _used)
        {
            if (!used.IsRetired && used.Issued.SequenceNumber < _retirePriorTo)
            {
                Retire(used.Issued.SequenceNumber);
                RemoveToken(used);
                used.IsRetired = true;
            }
        }
    }

    private void UseNext(UsedPeerId used)
    {
        RemoveToken(used);
        used.Issued = TakeAvailable();
        AddToken(used);
    }

    private IssuedConnectionId TakeAvailable()
    {
        IssuedConnectionId next = _available[0];
        _available.RemoveAt(0);
        return next;
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
        _retirePending.Enqueue(sequence);
    }

    private void AddToken(UsedPeerId used)
    {
        used.HasToken = true;
        _onTokenAdded(used.Issued.Token, used.Remote);
    }

    private void RemoveToken(UsedPeerId used)
    {
        if (used.HasToken)
        {
            used.HasToken = false;
            _onTokenRemoved(used.Issued.Token);
        }
    }
}
