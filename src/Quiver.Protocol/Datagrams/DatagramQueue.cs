using Quiver.Protocol.Buffers;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.Datagrams;

/// <summary>
/// Datagrams of the application on their way out, the most urgent first and then in order, and those that come in. They are sent once,
/// under congestion control. RFC 9221 §5.
/// </summary>
internal sealed class DatagramQueue : ISentFrameOwner
{
    /// <summary>Datagrams that wait at once: enough for a congestion window's worth of bursts, at half a megabyte of blocks at most.</summary>
    public const int MaxQueued = 256;

    /// <summary>The largest that a block of the pool holds; no UDP path carries more than four times as much.</summary>
    private const int MaxBlock = 16 << 10;

    private readonly PriorityQueue<QueuedDatagram, ulong> _queue = new();
    private ulong _order;
    private bool _isRoomWanted;
    private DatagramCounts _counts;

    /// <summary>Who is told; null: nobody, and what comes in is dropped.</summary>
    public IDatagramEvents? Events { get; set; }

    /// <summary>The largest DATAGRAM frame that we said we take; 0: none.</summary>
    public ulong LocalMaxFrameSize { get; set; }

    /// <summary>The largest DATAGRAM frame that the peer takes; 0: none.</summary>
    public ulong PeerMaxFrameSize { get; set; }

    public DatagramCounts Counts => _counts;

    public bool IsEmpty => _queue.Count == 0;

    /// <summary>The priority of the datagram that goes next; not when empty.</summary>
    public byte TopPriority => _queue.Peek().Priority;

    /// <summary>The largest datagram that fits into a frame of <paramref name="room"/> bytes and that the peer takes.</summary>
    public int MaxLength(int room)
    {
        if (PeerMaxFrameSize == 0)
        {
            return 0;
        }

        // The peer's limit counts type and length. RFC 9221 §3.
        int limit = (int)Math.Min(PeerMaxFrameSize, MaxBlock);
        int length = limit - 1;
        while (length > 0 && DatagramFrame.LengthOf(length) > limit)
        {
            length--;
        }

        return Math.Max(0, Math.Min(length, room - 1));
    }

    /// <summary>Takes a datagram to be sent, with a copy of its bytes.</summary>
    public DatagramAdmission TrySend(ReadOnlySpan<byte> data, byte priority, Timestamp expires, long tag, int room, Timestamp now)
    {
        if (PeerMaxFrameSize == 0)
        {
            return DatagramAdmission.NotSupported;
        }

        if (data.Length > MaxLength(room))
        {
            return DatagramAdmission.TooLarge;
        }

        DropExpired(now);
        if (_queue.Count == MaxQueued)
        {
            _isRoomWanted = true;
            return DatagramAdmission.Full;
        }

        byte[] block = BlockPool.Rent(BlockSize(data.Length));
        data.CopyTo(block);
        ulong rank = ((ulong)(byte.MaxValue - priority) << 56) | _order++;
        _queue.Enqueue(new QueuedDatagram(block, data.Length, priority, expires, tag), rank);
        return DatagramAdmission.Queued;
    }

    /// <summary>Writes the next datagram if it fits; <paramref name="room"/> is what the payload of an empty packet holds.</summary>
    public bool TryWriteFrame(ref PacketBuilder packet, int room)
    {
        while (!IsEmpty)
        {
            QueuedDatagram next = _queue.Peek();
            if (next.Expires < packet.Now)
            {
                Remove(DatagramFate.Expired);
                continue;
            }

            // The path has shrunk since the datagram was taken.
            if (next.Length > MaxLength(room))
            {
                Remove(DatagramFate.Dropped);
                continue;
            }

            if (1 + next.Length > packet.Remaining)
            {
                return false;
            }

            Write(ref packet, next);
            return true;
        }

        return false;
    }

    public void OnFrame(in DatagramFrame frame, int frameLength)
    {
        // A frame that we did not allow, or larger than we allowed. RFC 9221 §3.
        if ((ulong)frameLength > LocalMaxFrameSize)
        {
            TransportException.Throw(
                TransportErrorCode.ProtocolViolation, $"a DATAGRAM frame of {frameLength} bytes; {LocalMaxFrameSize} are allowed", (ulong)FrameType.Datagram);
        }

        _counts.Received++;
        Events?.OnReceived(frame.Data);
    }

    public void OnAcked(in SentFrame frame)
    {
        _counts.Acknowledged++;
        Events?.OnSettled((long)frame.Id, DatagramFate.Acknowledged);
    }

    // Never sent again. RFC 9221 §5.
    public void OnLost(in SentFrame frame)
    {
        _counts.Lost++;
        Events?.OnSettled((long)frame.Id, DatagramFate.Lost);
    }

    /// <summary>The connection is gone: nothing more is sent.</summary>
    public void Abandon()
    {
        while (!IsEmpty)
        {
            Remove(DatagramFate.Dropped);
        }
    }

    private static int BlockSize(int length) => length switch
    {
        <= 1 << 10 => 1 << 10,
        <= 2 << 10 => 2 << 10,
        _ => MaxBlock,
    };

    private void Write(ref PacketBuilder packet, in QueuedDatagram next)
    {
        var frame = new DatagramFrame(next.Data);
        if (DatagramFrame.LengthOf(next.Length) <= packet.Remaining)
        {
            frame.Write(ref packet.Writer);
        }
        else
        {
            // Without a length it reaches to the end of the packet: padding comes before it. RFC 9221 §4.
            packet.Pad(packet.Remaining - next.Length - 1);
            frame.WriteLast(ref packet.Writer);
        }

        packet.Record(new SentFrame(this, FrameType.Datagram, (ulong)next.Tag));
        _counts.Sent++;
        BlockPool.Return(_queue.Dequeue().Block);
        OnRemoved();
    }

    private void DropExpired(Timestamp now)
    {
        while (!IsEmpty && _queue.Peek().Expires < now)
        {
            Remove(DatagramFate.Expired);
        }
    }

    private void Remove(DatagramFate fate)
    {
        QueuedDatagram datagram = _queue.Dequeue();
        BlockPool.Return(datagram.Block);
        _counts.Expired += fate == DatagramFate.Expired ? 1u : 0;
        _counts.Dropped += fate == DatagramFate.Dropped ? 1u : 0;
        Events?.OnSettled(datagram.Tag, fate);
        OnRemoved();
    }

    private void OnRemoved()
    {
        if (_isRoomWanted)
        {
            _isRoomWanted = false;
            Events?.OnRoom();
        }
    }
}
