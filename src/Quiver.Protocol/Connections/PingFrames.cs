using Quiver.Protocol.Frames;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.Connections;

/// <summary>A PING that was asked for, to keep the connection alive. RFC 9000 §10.1.2, §19.2.</summary>
internal sealed class PingFrames : IFrameSource
{
    public bool HasFrames { get; private set; }

    public void Request() => HasFrames = true;

    public void WriteFrames(ref PacketBuilder packet)
    {
        if (HasFrames && packet.Remaining > 0)
        {
            // Any other ack-eliciting frame serves as well.
            if (!packet.IsAckEliciting)
            {
                packet.Writer.WriteByte((byte)FrameType.Ping);
                packet.OnAckEliciting();
            }

            HasFrames = false;
        }
    }
}
