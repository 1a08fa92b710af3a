using Quiver.Protocol.Buffers;
using Quiver.Protocol.FlowControl;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.Streams;

/// <summary>The receiving half. RFC 9000 §3.2.</summary>
internal sealed class ReceiveStream(QuicStreamState stream, StreamContext context, ulong window) : ISentFrameOwner
{
    private readonly ReorderBuffer _buffer = new();
    private readonly ReceiveCredit _credit = new(window, Math.Max(window, context.MaxStreamReceiveWindow));
    private ulong? _finalSize;
    private ulong _stopCode;
    private bool _stopPending;
    private bool _creditPending;

    public ReceiveStreamState State { get; private set; }

    /// <summary>Contiguous bytes ready to be read.</summary>
    public int Available => _buffer.Available;

    /// <summary>Bytes held, in order or not. Counted when asked for.</summary>
    public long Held => _buffer.Held;

    /// <summary>The code of the peer's RESET_STREAM, if it came.</summary>
    public ulong? ResetErrorCode { get; private set; }

    /// <summary>Whether all data was read and the end is known: a read gives 0 for ever.</summary>
    public bool IsAtEnd => State == ReceiveStreamState.DataRead;

    /// <summary>Whether <see cref="Stop"/> was called.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>Nothing more can come: all data, a reset, or (for a stopped half) the final size is here.</summary>
    public bool IsDone => State is not (ReceiveStreamState.Recv or ReceiveStreamState.SizeKnown) || (IsStopped && _finalSize is not null);

    public bool HasControlFrames => _stopPending || _creditPending;

    /// <summary>Copies what is ready, up to the size of the destination; returns its length (0: nothing ready, or the end).</summary>
    public int Read(Span<byte> destination)
    {
        int count = _buffer.Read(destination);
        if (count > 0)
        {
            _credit.Consume((ulong)count);
            context.ReceiveCredit.Consume((ulong)count);
            if (State == ReceiveStreamState.Recv && !_creditPending && _credit.ShouldUpdate)
            {
                _creditPending = true;
                context.Control.Add(stream);
            }
        }

        UpdateState();
        return count;
    }

    /// <summary>STOP_SENDING, unless the end is already known and received; drops what is buffered. Idempotent.</summary>
    public void Stop(ulong errorCode)
    {
        if (IsStopped)
        {
            return;
        }

        IsStopped = true;
        Discard();
        if (State is ReceiveStreamState.Recv or ReceiveStreamState.SizeKnown)
        {
            // Useless once all data or a reset has come. RFC 9000 §3.5.
            _stopCode = errorCode;
            _stopPending = true;
            _creditPending = false;
            context.Control.Add(stream);
        }
        else if (State == ReceiveStreamState.DataRecvd)
        {
            State = ReceiveStreamState.DataRead;
        }

        TellIfDone();
    }

    /// <summary>Drops what is buffered: the connection is gone and nobody will read it.</summary>
    public void Abandon() => _buffer.Clear();

    public void OnStreamFrame(ulong offset, ReadOnlySpan<byte> data, bool fin)
    {
        ulong end = offset + (ulong)data.Length;
        CheckFinalSize(end, fin);
        Receive(end, FrameType.Stream);
        if (fin)
        {
            _finalSize = end;
        }

        if (IsStopped || ResetErrorCode is not null)
        {
            Discard();
            TellIfDone();
            return;
        }

        int before = _buffer.Available;
        if (!_buffer.Write(offset, data))
        {
            TransportException.Throw(
                TransportErrorCode.InternalError, $"the data of stream {stream.Id} has too many gaps", (ulong)FrameType.Stream);
        }

        ReceiveStreamState state = State;
        UpdateState();
        if (_buffer.Available > before || State != state)
        {
            stream.Events?.OnReadable();
        }

        TellIfDone();
    }

    public void OnReset(ulong errorCode, ulong finalSize)
    {
        CheckFinalSize(finalSize, true);
        Receive(finalSize, FrameType.ResetStream);
        _finalSize = finalSize;
        if (State is ReceiveStreamState.Recv or ReceiveStreamState.SizeKnown)
        {
            ResetErrorCode = errorCode;
            State = ReceiveStreamState.ResetRecvd;
            _stopPending = _creditPending = false;
            Discard();
            stream.Events?.OnReceiveReset(errorCode);
            TellIfDone();
        }
    }

    public void WriteControlFrames(ref PacketBuilder packet)
    {
        if (_stopPending)
        {
            var frame = new StopSendingFrame(stream.Id.Value, _stopCode);
            if (frame.Length > packet.Remaining)
            {
                return;
            }

            frame.Write(ref packet.Writer);
            packet.Record(new SentFrame(this, FrameType.StopSending));
            _stopPending = false;
        }

        if (_creditPending)
        {
            const int LargestFrame = 1 + (2 * VarInt.MaxLength);
            if (packet.Remaining < LargestFrame)
            {
                return;
            }

            var frame = new MaxStreamDataFrame(stream.Id.Value, _credit.Update(context.Rtt.Smoothed, packet.Now));
            frame.Write(ref packet.Writer);
            packet.Record(new SentFrame(this, FrameType.MaxStreamData, frame.Maximum));
            _creditPending = false;
        }
    }

    public void OnAcked(in SentFrame frame)
    {
        // Nothing waits for it.
    }

    public void OnLost(in SentFrame frame)
    {
        if (frame.Type == FrameType.StopSending && !IsDone)
        {
            _stopPending = true;
            context.Control.Add(stream);
        }
        else if (frame.Type == FrameType.MaxStreamData && State == ReceiveStreamState.Recv && !IsStopped && frame.Id == _credit.Limit)
        {
            // Only the newest limit is worth repeating. RFC 9000 §13.3.
            _creditPending = true;
            context.Control.Add(stream);
        }
    }

    private void CheckFinalSize(ulong end, bool isFinal)
    {
        // The final size never changes, and nothing lies beyond it. RFC 9000 §4.5.
        bool beyond = _finalSize is ulong size ? end > size || (isFinal && end != size) : isFinal && end < _credit.Received;
        if (beyond)
        {
            TransportException.Throw(
                TransportErrorCode.FinalSizeError,
                $"stream {stream.Id}: {end} contradicts the final size {_finalSize?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "to be"} (received {_credit.Received})");
        }
    }

    private void Receive(ulong end, FrameType type)
    {
        if (end <= _credit.Received)
        {
            return;
        }

        ulong more = end - _credit.Received;

        // More than was allowed is a flow control error, on the stream or on the connection. RFC 9000 §4.1.
        if (!_credit.TryReceive(more) || !context.ReceiveCredit.TryReceive(more))
        {
            TransportException.Throw(TransportErrorCode.FlowControlError, $"stream {stream.Id}: {end} exceeds the credit given", (ulong)type);
        }
    }

    /// <summary>Gives the credit of all that has come back to the connection.</summary>
    private void Discard()
    {
        context.ReceiveCredit.Consume(_credit.Received - _credit.Consumed);
        _credit.Consume(_credit.Received - _credit.Consumed);
        _buffer.Clear();
    }

    private void UpdateState()
    {
        if (_finalSize is not ulong size)
        {
            return;
        }

        if (State is ReceiveStreamState.Recv or ReceiveStreamState.SizeKnown)
        {
            State = _buffer.ContiguousEnd == size ? ReceiveStreamState.DataRecvd : ReceiveStreamState.SizeKnown;
            _creditPending = false;
        }

        if (State == ReceiveStreamState.DataRecvd && _buffer.ReadOffset == size)
        {
            State = ReceiveStreamState.DataRead;
        }
    }

    private void TellIfDone()
    {
        if (IsDone)
        {
            stream.OnHalfDone();
        }
    }
}
