using Quiver.Protocol.Buffers;
using Quiver.Protocol.FlowControl;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.Streams;

/// <summary>The sending half. RFC 9000 §3.1.</summary>
internal sealed class SendStream(QuicStreamState stream, StreamContext context, ulong limit) : ISentFrameOwner
{
    private readonly SendBuffer _buffer = new();
    private readonly SendCredit _credit = new(limit);
    private bool _finPending;
    private bool _finAcked;
    private bool _resetPending;
    private bool _wantsRoom;
    private ulong _resetCode;
    private ulong _finalSize;

    public SendStreamState State { get; private set; }

    /// <summary>The code of the peer's STOP_SENDING, if it came.</summary>
    public ulong? StopErrorCode { get; private set; }

    /// <summary>Whether <see cref="Finish"/> was called.</summary>
    public bool IsFinishing { get; private set; }

    /// <summary>Whether nothing more can be written: finished or reset.</summary>
    public bool IsEnded => IsFinishing || IsReset;

    public bool IsDone => State is SendStreamState.DataRecvd or SendStreamState.ResetRecvd;

    /// <summary>Bytes written and not yet acknowledged.</summary>
    public int Buffered => _buffer.Length;

    /// <summary>Links of the scheduler.</summary>
    public SendStream? NextScheduled { get; set; }

    public bool IsScheduled { get; set; }

    /// <summary>Whether the scheduler wakes the stream when the connection's credit grows.</summary>
    public bool IsWaitingForConnection { get; set; }

    /// <summary>Whether there is a STREAM frame to send, as far as the stream's own credit goes.</summary>
    public bool HasData => !IsReset && (_buffer.HasLost || (_buffer.Unsent > 0 && _credit.Available > 0) || (_finPending && _buffer.Unsent == 0));

    public bool HasControlFrames => _resetPending || IsBlockedReportDue;

    private bool IsReset => State is SendStreamState.ResetSent or SendStreamState.ResetRecvd;

    private bool IsBlockedReportDue => !IsReset && _buffer.Unsent > 0 && _credit.ShouldReportBlocked;

    /// <summary>Copies as much as the buffer takes (0 when full; OnWritable follows) and returns how much. Not after Finish or Reset.</summary>
    public int Write(ReadOnlySpan<byte> data)
    {
        if (IsFinishing || IsReset)
        {
            throw new InvalidOperationException($"Stream {stream.Id}: its sending half has ended.");
        }

        int count = Math.Clamp(context.SendBufferLimit - _buffer.Length, 0, data.Length);
        _wantsRoom = count < data.Length;
        if (count > 0)
        {
            _buffer.Append(data[..count]);
            OnMoreToSend();
        }

        return count;
    }

    /// <summary>No more data: FIN goes with or after the last byte. Idempotent.</summary>
    public void Finish()
    {
        if (!IsFinishing && !IsReset)
        {
            IsFinishing = true;
            _finPending = true;
            OnMoreToSend();
        }
    }

    /// <summary>RESET_STREAM, unless everything was acknowledged. Idempotent; drops what is buffered.</summary>
    public void Reset(ulong errorCode)
    {
        if (IsDone || IsReset)
        {
            return;
        }

        // The final size is what was sent, which is what the peer may have counted. RFC 9000 §4.5.
        _finalSize = _buffer.NextOffset;
        _resetCode = errorCode;
        _resetPending = true;
        _finPending = false;
        _wantsRoom = false;
        _buffer.Clear();
        State = SendStreamState.ResetSent;
        context.Scheduler.OnReset(this);
        context.Control.Add(stream);
    }

    /// <summary>Drops what is buffered: the connection is gone.</summary>
    public void Abandon() => _buffer.Clear();

    public void OnStopSending(ulong errorCode)
    {
        if (IsDone || StopErrorCode is not null)
        {
            return;
        }

        StopErrorCode = errorCode;

        // A stream that is stopped is reset, with the code that was asked for. RFC 9000 §3.5.
        Reset(errorCode);
        stream.Events?.OnSendStopped(errorCode);
    }

    public void OnMaxStreamData(ulong maximum)
    {
        if (_credit.TryRaise(maximum))
        {
            context.Scheduler.Activate(this);
        }
    }

    /// <summary>Writes one STREAM frame: lost bytes, else new ones, as many as fit and credit allows.</summary>
    public bool TryWriteFrame(ref PacketBuilder packet)
    {
        ulong newLimit = _buffer.NextOffset + Math.Min(_credit.Available, context.SendCredit.Available);
        bool any = _buffer.TryPeek(newLimit, out ulong offset, out ulong available);
        if (!any && !(_finPending && _buffer.Unsent == 0))
        {
            return false;
        }

        // A frame that fills the packet needs no length. RFC 9000 §19.8.
        int room = packet.Remaining - StreamFrame.HeaderLength(stream.Id, offset, null);
        bool fills = any && available >= (ulong)room;
        int length = (int)Math.Min(available, (ulong)Math.Max(0, fills ? room : packet.Remaining - StreamFrame.HeaderLength(stream.Id, offset, packet.Remaining)));
        if (any && length <= 0)
        {
            return false;
        }

        bool fin = _finPending && offset + (ulong)length == _buffer.End;
        StreamFrame.WriteHeader(ref packet.Writer, stream.Id, offset, fills ? null : length, fin);
        if (length > 0)
        {
            _buffer.Copy(offset, packet.Writer.Free[..length]);
            packet.Writer.Advance(length);
            OnDataSent(offset, length);
        }

        if (fin)
        {
            _finPending = false;
            State = SendStreamState.DataSent;
        }
        else if (State == SendStreamState.Ready)
        {
            State = SendStreamState.Send;
        }

        packet.Record(new SentFrame(this, FrameType.Stream, stream.Id.Value, offset, length, fin));
        if (IsBlockedReportDue)
        {
            context.Control.Add(stream);
        }

        return true;
    }

    public void WriteControlFrames(ref PacketBuilder packet)
    {
        if (_resetPending)
        {
            var frame = new ResetStreamFrame(stream.Id.Value, _resetCode, _finalSize);
            if (frame.Length > packet.Remaining)
            {
                return;
            }

            frame.Write(ref packet.Writer);
            packet.Record(new SentFrame(this, FrameType.ResetStream));
            _resetPending = false;
        }

        if (IsBlockedReportDue)
        {
            var frame = new StreamDataBlockedFrame(stream.Id.Value, _credit.Limit);
            if (frame.Length > packet.Remaining)
            {
                return;
            }

            frame.Write(ref packet.Writer);
            packet.Record(new SentFrame(this, FrameType.StreamDataBlocked));
            _credit.OnBlockedReported();
        }
    }

    public void OnAcked(in SentFrame frame)
    {
        switch (frame.Type)
        {
            case FrameType.ResetStream when State == SendStreamState.ResetSent:
                State = SendStreamState.ResetRecvd;
                stream.Events?.OnSendFinished();
                stream.OnHalfDone();
                break;
            case FrameType.Stream when !IsReset:
                OnDataAcked(frame);
                break;
            default:
                break;
        }
    }

    public void OnLost(in SentFrame frame)
    {
        switch (frame.Type)
        {
            case FrameType.ResetStream when State == SendStreamState.ResetSent:
                _resetPending = true;
                context.Control.Add(stream);
                break;
            case FrameType.StreamDataBlocked when !IsReset:
                _credit.OnBlockedReportLost();
                if (IsBlockedReportDue)
                {
                    context.Control.Add(stream);
                }

                break;
            case FrameType.Stream when !IsReset && !IsDone:
                _buffer.OnLost(frame.Offset, frame.Length);
                _finPending |= frame.Fin && !_finAcked;
                context.Scheduler.Activate(this);
                break;
            default:
                break;
        }
    }

    private void OnMoreToSend()
    {
        context.Scheduler.Activate(this);
        if (IsBlockedReportDue)
        {
            context.Control.Add(stream);
        }
    }

    private void OnDataSent(ulong offset, int length)
    {
        if (offset == _buffer.NextOffset)
        {
            _credit.Use((ulong)length);
            context.SendCredit.Use((ulong)length);
        }

        _buffer.OnSent(offset, length);
    }

    private void OnDataAcked(in SentFrame frame)
    {
        _buffer.OnAcked(frame.Offset, frame.Length);
        _finAcked |= frame.Fin;
        if (_finAcked)
        {
            _finPending = false;
        }

        if (_finAcked && _buffer.Length == 0)
        {
            if (State == SendStreamState.DataSent)
            {
                State = SendStreamState.DataRecvd;
                stream.Events?.OnSendFinished();
                stream.OnHalfDone();
            }
        }
        else if (_wantsRoom && _buffer.Length < context.SendBufferLimit)
        {
            _wantsRoom = false;
            stream.Events?.OnWritable();
        }
    }
}
