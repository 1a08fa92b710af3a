using Quiver.Protocol.Buffers;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Recovery;

/// <summary>What was received in one packet number space, and when an ACK of it is due. RFC 9000 §13.2.</summary>
internal sealed class AckTracker(bool delaysAcks) : ISentFrameOwner
{
    /// <summary>Ranges kept and sent: enough for heavy reordering, and an ACK of them fits in a packet. As quinn's 64.</summary>
    public const int MaxRanges = 64;

    /// <summary>Ack-eliciting packets that wait at most for one ACK. RFC 9000 §13.2.2.</summary>
    private const int PacketsPerAck = 2;

    private readonly RangeSet _received = new();
    private Timestamp _largestTime;
    private Timestamp _deadline = Timestamp.Never;
    private EcnCounts _ecn;
    private int _unackedEliciting;
    private bool _hasNew;
    private ulong _forgotten;

    /// <summary>The largest number received, or -1.</summary>
    public long Largest { get; private set; } = -1;

    public EcnCounts EcnCounts => _ecn;

    /// <summary>An ACK must go out now, even alone.</summary>
    public bool IsDue { get; private set; }

    public Timestamp Deadline => _deadline;

    /// <summary>Whether a number was received before (or is too old to tell). RFC 9000 §12.3.</summary>
    public bool IsDuplicate(ulong packetNumber) => packetNumber < _forgotten || ((long)packetNumber <= Largest && _received.Contains(packetNumber));

    public void OnReceived(ulong packetNumber, bool isAckEliciting, EcnCodepoint ecn, TimeSpan maxAckDelay, Timestamp now)
    {
        bool isReordered = (long)packetNumber < Largest;
        bool opensGap = (long)packetNumber > Largest + 1;
        _received.Add(packetNumber, packetNumber + 1);
        _ecn = _ecn.Add(ecn);
        _hasNew = true;
        if ((long)packetNumber > Largest)
        {
            Largest = (long)packetNumber;
            _largestTime = now;
        }

        if (_received.Count > MaxRanges)
        {
            // The oldest are forgotten, and duplicates below are not told apart: they count as such. RFC 9000 §13.2.3.
            _forgotten = _received[0].End;
            _received.RemoveFirst();
        }

        if (!isAckEliciting)
        {
            return;
        }

        _unackedEliciting++;

        // Reordering, a gap and CE marks are told at once, so that the peer finds losses early. RFC 9000 §13.2.1.
        if (!delaysAcks || isReordered || opensGap || ecn == EcnCodepoint.Ce || _unackedEliciting >= PacketsPerAck)
        {
            IsDue = true;
            _deadline = Timestamp.Never;
        }
        else if (_deadline == Timestamp.Never)
        {
            _deadline = now + maxAckDelay;
        }
    }

    public void OnTimeout(Timestamp now)
    {
        if (now >= _deadline)
        {
            IsDue = true;
            _deadline = Timestamp.Never;
        }
    }

    /// <summary>Whether an ACK would tell the peer something new.</summary>
    public bool HasNew => _hasNew && Largest >= 0;

    /// <summary>Writes an ACK and notes it, if it fits.</summary>
    public bool TryWrite(ref PacketWriter writer, SentPacketLog log, int ackDelayExponent, Timestamp now)
    {
        ulong delay = (ulong)Math.Max(0, (now - _largestTime).Ticks / TimeSpan.TicksPerMicrosecond) >> ackDelayExponent;
        if (!AckFrame.TryWrite(ref writer, _received, delay, _ecn))
        {
            return false;
        }

        log.AddFrame(new SentFrame(this, FrameType.Ack, (ulong)Largest));
        IsDue = false;
        _hasNew = false;
        _unackedEliciting = 0;
        _deadline = Timestamp.Never;
        return true;
    }

    /// <summary>The peer knows what we had when that ACK was sent: no need to tell it again. RFC 9000 §13.2.4.</summary>
    public void OnAcked(in SentFrame frame)
    {
        // Keep the newest range, so that the largest stays known.
        ulong limit = Math.Min(frame.Id + 1, _received.IsEmpty ? 0 : _received[_received.Count - 1].Start);
        if (limit > _forgotten)
        {
            _received.Remove(0, limit);
            _forgotten = limit;
        }
    }

    public void OnLost(in SentFrame frame)
    {
        // Nothing: the next ACK says it again.
    }
}
