using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Recovery;

/// <summary>A packet in the log. Frames lie in the log's frame ring from <see cref="FirstFrame"/> on. RFC 9002 §A.1.1.</summary>
internal struct SentPacket
{
    public Timestamp TimeSent;
    public ulong FirstFrame;
    public int FrameCount;

    /// <summary>Bytes that count towards bytes in flight; 0 when the packet does not count.</summary>
    public int Size;

    public SentPacketState State;
    public bool IsAckEliciting;
    public EcnCodepoint Ecn;
}
