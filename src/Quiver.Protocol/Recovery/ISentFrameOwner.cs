namespace Quiver.Protocol.Recovery;

/// <summary>Who put a frame into a packet and is told what became of it. Sending again is the owner's to do.</summary>
internal interface ISentFrameOwner
{
    void OnAcked(in SentFrame frame);

    void OnLost(in SentFrame frame);
}
