using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Recovery;

/// <summary>
/// The packets of one space that were sent and are not settled, by packet number, and the frames they carried.
/// Both live in rings: in steady state nothing is allocated. RFC 9002 §A.1.
/// </summary>
internal sealed class SentPacketLog
{
    private readonly RingQueue<SentPacket> _packets = new();
    private readonly RingQueue<SentFrame> _frames = new();

    /// <summary>The number that the next packet gets.</summary>
    public ulong NextPacketNumber => _packets.Tail;

    /// <summary>The oldest number that is still remembered.</summary>
    public ulong Oldest => _packets.Head;

    public ulong FrameMark => _frames.Tail;

    public ref SentPacket this[ulong packetNumber] => ref _packets[packetNumber];

    /// <summary>Notes a frame of the packet that is being built.</summary>
    public void AddFrame(in SentFrame frame) => _frames.Add() = frame;

    public ref readonly SentFrame Frame(ulong index) => ref _frames[index];

    /// <summary>Takes back the frames that were noted since a mark: the packet was not sent.</summary>
    public void Abandon(ulong frameMark) => _frames.TruncateTo(frameMark);

    /// <summary>Enters the packet whose frames were noted since the mark.</summary>
    public void Commit(ulong frameMark, int size, bool isAckEliciting, EcnCodepoint ecn, Timestamp now)
    {
        ref SentPacket packet = ref _packets.Add();
        packet.TimeSent = now;
        packet.FirstFrame = frameMark;
        packet.FrameCount = (int)(_frames.Tail - frameMark);
        packet.Size = size;
        packet.IsAckEliciting = isAckEliciting;
        packet.Ecn = ecn;
    }

    public void Skip()
    {
        ref SentPacket packet = ref _packets.Add();
        packet.State = SentPacketState.Skipped;
        packet.FirstFrame = _frames.Tail;
    }

    /// <summary>Forgets the oldest packets that are settled.</summary>
    public void Trim()
    {
        while (_packets.Count > 0 && _packets[_packets.Head].State != SentPacketState.Outstanding)
        {
            // A skipped number is kept until something above it is settled too, so that its ACK is still recognised.
            if (_packets[_packets.Head].State == SentPacketState.Skipped && !IsSettledAbove(_packets.Head))
            {
                return;
            }

            _packets.RemoveFirst();
        }

        _frames.RemoveUntil(_packets.Count > 0 ? _packets[_packets.Head].FirstFrame : _frames.Tail);
    }

    /// <summary>Numbers begin anew; nothing may be outstanding.</summary>
    public void Restart()
    {
        _packets.Clear();
        _frames.Clear();
        _packets.SkipTo(0);
    }

    /// <summary>The space is gone, and its memory with it.</summary>
    public void Release()
    {
        _packets.Release();
        _frames.Release();
    }

    private bool IsSettledAbove(ulong packetNumber) =>
        packetNumber + 1 < _packets.Tail && _packets[packetNumber + 1].State is SentPacketState.Acked or SentPacketState.Lost;
}
