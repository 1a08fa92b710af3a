using Quiver.Protocol.Frames;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Recovery;

/// <summary>Whether the path carries ECN marks: we mark, and watch what the peer's ACKs count. RFC 9000 §13.4.2.</summary>
internal sealed class EcnValidator
{
    /// <summary>Packets marked before the first verdict. RFC 9000 §A.4 suggests ten.</summary>
    private const int TestingPackets = 10;

    private ulong _markedSent;
    private ulong _markedLost;
    private bool _failed;
    private bool _capable;

    /// <summary>The mark for the next packet.</summary>
    public EcnCodepoint Codepoint =>
        !_failed && (_capable || _markedSent < TestingPackets) ? EcnCodepoint.Ect0 : EcnCodepoint.NotEct;

    /// <summary>Another path is to be judged. RFC 9000 §13.4.2.</summary>
    public void Restart()
    {
        _markedSent = _markedLost = 0;
        _failed = _capable = false;
    }

    public void OnSent(SpaceRecovery space, EcnCodepoint codepoint)
    {
        if (codepoint == EcnCodepoint.Ect0)
        {
            _markedSent++;
            space.EcnMarked++;
        }
    }

    public void OnLost(in SentPacket packet)
    {
        // All marked packets lost before any verdict: the path may drop them. RFC 9000 §13.4.2.
        if (packet.Ecn == EcnCodepoint.Ect0 && !_capable && ++_markedLost >= TestingPackets)
        {
            _failed = true;
        }
    }

    /// <summary>Judges an ACK that raised the largest acknowledged; true when it reports new congestion marks.</summary>
    public bool OnAck(SpaceRecovery space, EcnCounts? counts, ulong newlyAckedMarked)
    {
        if (_failed)
        {
            return false;
        }

        if (counts is not EcnCounts reported)
        {
            // Marked packets acknowledged without counts: the peer or the path removes the marks. RFC 9000 §13.4.2.1.
            _failed |= newlyAckedMarked > 0;
            return false;
        }

        // Each space has counts of its own. RFC 9000 §13.4.1.
        EcnCounts before = space.EcnReported;
        ulong ect0 = reported.Ect0 - before.Ect0;
        ulong ce = reported.Ce - before.Ce;
        bool wentBack = reported.Ect0 < before.Ect0 || reported.Ce < before.Ce || reported.Ect1 < before.Ect1;
        if (wentBack || ect0 + ce < newlyAckedMarked || reported.Ect0 + reported.Ce > space.EcnMarked || reported.Ect1 > 0)
        {
            _failed = true;
            return false;
        }

        space.EcnReported = reported;
        _capable |= newlyAckedMarked > 0;
        return ce > 0;
    }
}
