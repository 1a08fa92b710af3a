using Quiver.Protocol.Frames;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.Streams;

/// <summary>The connection's own credit frames: MAX_DATA, DATA_BLOCKED, MAX_STREAMS, STREAMS_BLOCKED. RFC 9000 §4.</summary>
internal sealed class FlowControlFrames(StreamContext context) : IFrameSource, ISentFrameOwner
{
    private const int LargestFrame = 1 + VarInt.MaxLength;

    private bool _maxDataLost;

    public bool HasFrames => IsMaxDataDue || IsBlockedDue || HasFramesOf(StreamDirection.Bidirectional) || HasFramesOf(StreamDirection.Unidirectional);

    private bool IsMaxDataDue => _maxDataLost || context.ReceiveCredit.ShouldUpdate || context.ReceiveCredit.IsUsedUp;

    private bool IsBlockedDue => context.Scheduler.IsBlockedByConnection && context.SendCredit.ShouldReportBlocked;

    public void WriteFrames(ref PacketBuilder packet)
    {
        if (IsMaxDataDue && packet.Remaining >= LargestFrame)
        {
            var frame = new MaxDataFrame(context.ReceiveCredit.Update(context.MaxReceiveWindow, context.Rtt.Smoothed, packet.Now));
            frame.Write(ref packet.Writer);
            packet.Record(new SentFrame(this, FrameType.MaxData, frame.Maximum));
            _maxDataLost = false;
        }

        if (IsBlockedDue && packet.Remaining >= LargestFrame)
        {
            new DataBlockedFrame(context.SendCredit.Limit).Write(ref packet.Writer);
            packet.Record(new SentFrame(this, FrameType.DataBlocked));
            context.SendCredit.OnBlockedReported();
        }

        WriteFramesOf(StreamDirection.Bidirectional, ref packet);
        WriteFramesOf(StreamDirection.Unidirectional, ref packet);
    }

    public void OnAcked(in SentFrame frame)
    {
        // Nothing waits for it.
    }

    public void OnLost(in SentFrame frame)
    {
        switch (frame.Type)
        {
            case FrameType.MaxData:
                _maxDataLost |= frame.Id == context.ReceiveCredit.Limit;
                break;
            case FrameType.DataBlocked:
                context.SendCredit.OnBlockedReportLost();
                break;
            case FrameType.MaxStreamsBidirectional or FrameType.MaxStreamsUnidirectional:
                context.Table.Incoming((StreamDirection)frame.Offset).OnUpdateLost(frame.Id);
                break;
            default:
                context.Table.Outgoing((StreamDirection)frame.Offset).OnBlockedReportLost(frame.Id);
                break;
        }
    }

    private bool HasFramesOf(StreamDirection direction) =>
        context.Table.Incoming(direction).IsUpdateDue || context.Table.Outgoing(direction).IsBlockedReportDue;

    private void WriteFramesOf(StreamDirection direction, ref PacketBuilder packet)
    {
        if (context.Table.Incoming(direction).IsUpdateDue && packet.Remaining >= LargestFrame)
        {
            var frame = new MaxStreamsFrame(direction, context.Table.Incoming(direction).Update());
            frame.Write(ref packet.Writer);
            packet.Record(new SentFrame(this, FrameType.MaxStreamsBidirectional, frame.Maximum, (ulong)direction));
        }

        if (context.Table.Outgoing(direction).IsBlockedReportDue && packet.Remaining >= LargestFrame)
        {
            var frame = new StreamsBlockedFrame(direction, context.Table.Outgoing(direction).Maximum);
            frame.Write(ref packet.Writer);
            packet.Record(new SentFrame(this, FrameType.StreamsBlockedBidirectional, frame.Limit, (ulong)direction));
            context.Table.Outgoing(direction).OnBlockedReported();
        }
    }
}
