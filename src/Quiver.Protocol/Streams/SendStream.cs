using Quiver.Protocol.Buffers;
using Quiver.Protocol.FlowControl;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.Streams;

/// <summary>The sending half. RFC 9000 §3.1.</summary>
internal sealed class SendStream(QuicStreamState stream, ulong limit) : ISentFrameOwner
{
    private SendCredit _credit = new(limit);

    /// <summary>Null while nothing is held: all that was written was acknowledged, or given up.</summary>
    private SendBuffer? _buffer;

    /// <summary>Without a buffer: how much was written; after a reset: the final size, which is what was sent.</summary>
    private ulong _offset;
    private ulong _errorCode;
    private bool _finPending;
    private bool _finAcked;
    private bool _resetPending;
    private bool _wantsRoom;
    private bool _isStopped;

    public SendStreamState State { get; private set; }

    /// <summary>The code of the peer's STOP_SENDING, if it came.</summary>
    public ulong? StopErrorCode => _isStopped ? _errorCode : null;

    /// <summary>Whether <see cref="Finish"/> was called.</summary>
    public bool IsFinishing { get; private set; }

    /// <summary>Whether nothing more can be written: finished or reset.</summary>
    public bool IsEnded => IsFinishing || IsReset;

    public bool IsDone => State is SendStreamState.DataRecvd or SendStreamState.ResetRecvd;

    /// <summary>Bytes written and not yet acknowledged.</summary>
    public int Buffered => _buffer?.Length ?? 0;

    public StreamId Id => stream.Id;

    /// <summary>Set by the scheduler, as are the next five.</summary>
    public byte Priority { get; set; } = StreamContext.DefaultPriority;

    /// <summary>Whether the stream takes turns with others of its priority, or has all the room until it is done. RFC 9218 §4.2.</summary>
    public bool IsIncremental { get; set; } = true;

    /// <summary>Where the stream stands in line; null: nowhere.</summary>
    public StreamQueue? Queue { get; set; }

    public SendStream? Next { get; set; }

    public SendStream? Previous { get; set; }

    /// <summary>Whether the scheduler wakes the stream when the connection's credit grows.</summary>
    public bool IsWaitingForConnection { get; set; }

    /// <summary>Whether the peer has yet to acknowledge something that was written, FIN included.</summary>
    public bool HasUndelivered => !IsReset && !IsDone && (Buffered > 0 || IsFinishing);

    /// <summary>Whether there is data to be sent again.</summary>
    public bool HasLost => !IsReset && _buffer is { HasLost: true };

    /// <summary>Whether there is a STREAM frame to send, as far as the stream's own credit goes.</summary>
    public bool HasData => !IsReset
        && (HasLost || (Unsent > 0 && _credit.Available > 0) || (_finPending && Unsent == 0));

    public bool HasControlFrames => _resetPending || IsBlockedReportDue;

    private bool IsReset => State is SendStreamState.ResetSent or SendStreamState.ResetRecvd;

    private StreamContext Context => stream.Context;

    private int Unsent => _buffer?.Unsent ?? 0;

    private ulong NextOffset => _buffer?.NextOffset ?? _offset;

    private bool IsBlockedReportDue => !IsReset && Unsent > 0 && _credit.ShouldReportBlocked;

    /// <summary>Copies as much as the buffer takes (0 when full; OnWritable follows) and returns how much. Not after Finish or Reset.</summary>
    public int Write(ReadOnlySpan<byte> data)
    {
        if (IsFinishing || IsReset)
        {
            throw new InvalidOperationException($"Stream {stream.Id}: its sending half has ended.");
        }

        int count = Math.Clamp(Context.SendBufferLimit - Buffered, 0, data.Length);
        _wantsRoom = count < data.Length;
        if (count > 0)
        {
            _buffer ??= Context.Spares.TakeSend(_offset);
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
        ulong finalSize = NextOffset;
        _errorCode = errorCode;
        _resetPending = true;
        _finPending = false;
        _wantsRoom = false;
        Release();
        _offset = finalSize;
        State = SendStreamState.ResetSent;
        Context.Scheduler.OnReset(this);
        Context.Control.Add(stream);
    }

    /// <summary>Drops what is buffered: the connection is gone.</summary>
    public void Abandon() => Release();

    public void OnStopSending(ulong errorCode)
    {
        if (IsDone || IsReset)
        {
            return;
        }

        // A stream that is stopped is reset, with the code that was asked for. RFC 9000 §3.5.
        _isStopped = true;
        Reset(errorCode);
        stream.Events?.OnSendStopped(errorCode);
    }

    public void OnMaxStreamData(ulong maximum)
    {
        if (_credit.TryRaise(maximum))
        {
            Context.Scheduler.Activate(this);
        }
    }

    /// <summary>Writes one STREAM frame: lost bytes, else new ones, as many as fit and credit allows.</summary>
    public bool TryWriteFrame(ref PacketBuilder packet)
    {
        ulong offset = _offset;
        ulong available = 0;
        bool any = _buffer?.TryPeek(
            NextOffset + Math.Min(_credit.Available, Context.SendCredit.Available), out offset, out available) == true;
        if (!any && !(_finPending && Unsent == 0))
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

        bool fin = _finPending && offset + (ulong)length == (_buffer?.End ?? _offset);
        StreamFrame.WriteHeader(ref packet.Writer, stream.Id, offset, fills ? null : length, fin);
        if (length > 0)
        {
            _buffer!.Copy(offset, packet.Writer.Free[..length]);
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
            Context.Control.Add(stream);
        }

        return true;
    }

    public void WriteControlFrames(ref PacketBuilder packet)
    {
        if (_resetPending)
        {
            var frame = new ResetStreamFrame(stream.Id.Value, _errorCode, _offset);
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
                Context.Control.Add(stream);
                break;
            case FrameType.StreamDataBlocked when !IsReset:
                _credit.OnBlockedReportLost();
                if (IsBlockedReportDue)
                {
                    Context.Control.Add(stream);
                }

                break;
            case FrameType.Stream when !IsReset && !IsDone:
                _buffer?.OnLost(frame.Offset, frame.Length);
                _finPending |= frame.Fin && !_finAcked;
                Context.Scheduler.Activate(this);
                break;
            default:
                break;
        }
    }

    private void OnMoreToSend()
    {
        Context.Scheduler.Activate(this);
        if (IsBlockedReportDue)
        {
            Context.Control.Add(stream);
        }
    }

    private void OnDataSent(ulong offset, int length)
    {
        if (offset == NextOffset)
        {
            _credit.Use((ulong)length);
            Context.SendCredit.Use((ulong)length);
        }

        _buffer!.OnSent(offset, length); // It gave them.
    }

    /// <summary>Gives the buffer back, with what it holds.</summary>
    private void Release()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            _offset = buffer.End;
            Context.Spares.Return(buffer);
        }
    }

    private void OnDataAcked(in SentFrame frame)
    {
        _buffer?.OnAcked(frame.Offset, frame.Length);
        if (Buffered == 0)
        {
            Release();
        }

        _finAcked |= frame.Fin;
        if (_finAcked)
        {
            _finPending = false;
        }

        if (_finAcked && _buffer is null)
        {
            if (State == SendStreamState.DataSent)
            {
                State = SendStreamState.DataRecvd;
                stream.Events?.OnSendFinished();
                stream.OnHalfDone();
            }
        }
        else if (_wantsRoom && Buffered < Context.SendBufferLimit)
        {
            _wantsRoom = false;
            stream.Events?.OnWritable();
        }
    }
}
