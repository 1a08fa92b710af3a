using Quiver.Protocol.Frames;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.Connections;

/// <summary>HANDSHAKE_DONE, which a server sends until it is acknowledged. RFC 9000 §19.20.</summary>
internal sealed class HandshakeDoneFrame : IFrameSource, ISentFrameOwner
{
    public bool HasFrames { get; private set; }

    public void Request() => HasFrames = true;

    public void WriteFrames(ref PacketBuilder packet)
    {
        if (HasFrames && packet.Remaining > 0)
        {
            packet.Writer.WriteByte((byte)FrameType.HandshakeDone);
            packet.Record(new SentFrame(this, FrameType.HandshakeDone));
            HasFrames = false;
        }
    }

    public void OnAcked(in SentFrame frame) => HasFrames = false;

    public void OnLost(in SentFrame frame) => HasFrames = true;
}
