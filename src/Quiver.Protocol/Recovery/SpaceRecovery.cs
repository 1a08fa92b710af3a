using Quiver.Protocol.Frames;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Recovery;

/// <summary>What loss detection knows of one packet number space. RFC 9002 §A.3.</summary>
internal sealed class SpaceRecovery
{
    public SentPacketLog Log { get; } = new();

    /// <summary>-1: nothing yet.</summary>
    public long LargestAcked { get; set; } = -1;

    /// <summary>When the next outstanding packet counts as lost.</summary>
    public Timestamp LossTime { get; set; } = Timestamp.Never;

    public Timestamp LastAckElicitingSent { get; set; }

    public int AckElicitingInFlight { get; set; }

    /// <summary>Ack-eliciting datagrams to be sent whatever the congestion window says. RFC 9002 §6.2.4.</summary>
    public int ProbesPending { get; set; }

    /// <summary>Packets that we marked, and what the peer has counted of them.</summary>
    public ulong EcnMarked { get; set; }

    public EcnCounts EcnReported { get; set; }

    public bool IsDiscarded { get; set; }
}
