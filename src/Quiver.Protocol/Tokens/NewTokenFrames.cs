using Quiver.Protocol.Frames;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.Tokens;

/// <summary>NEW_TOKEN of a server, sent until it is acknowledged. RFC 9000 §8.1.3, §19.7.</summary>
internal sealed class NewTokenFrames : IFrameSource, ISentFrameOwner
{
    private byte[]? _token;

    public bool HasFrames { get; private set; }

    public void Send(byte[] token)
    {
        _token = token;
        HasFrames = true;
    }

    public void WriteFrames(ref PacketBuilder packet)
    {
        if (!HasFrames)
        {
            return;
        }

        var frame = new NewTokenFrame(_token);
        if (frame.Length <= packet.Remaining)
        {
            frame.Write(ref packet.Writer);
            packet.Record(new SentFrame(this, FrameType.NewToken));
            HasFrames = false;
        }
    }

    public void OnAcked(in SentFrame frame)
    {
        HasFrames = false;
        _token = null;
    }

    public void OnLost(in SentFrame frame) => HasFrames = _token is not null;
}
