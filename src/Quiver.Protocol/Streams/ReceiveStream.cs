using Quiver.Protocol.Buffers;
using Quiver.Protocol.FlowControl;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.Streams;

/// <summary>The receiving half. RFC 9000 §3.2.</summary>
internal sealed class ReceiveStream(QuicStreamState stream, ulong window) : ISentFrameOwner
{
    private const ulong NoFinalSize = ulong.MaxValue;

    private ReceiveCredit _credit = new(window);

    /// <summary>Null while nothing is held. Where the next one begins is what was consumed.</summary>
    private ReorderBuffer? _buffer;
    private ulong _finalSize = NoFinalSize;

    /// <summary>Of our STOP_SENDING; of the peer's RESET_STREAM once that came.</summary>
    private ulong _errorCode;
    private bool _stopPending;
    private bool _creditPending;

    public ReceiveStreamState State { get; private set; }

    /// <summary>Whether <see cref="Stop"/> was called.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>Contiguous bytes ready to be read.</summary>
    public int Available => _buffer?.Available ?? 0;

    /// <summary>Bytes that came and were neither read nor dropped: they are charged to the connection's window.</summary>
    public ulong Unread => _credit.Received - _credit.Consumed;

    /// <summary>The code of the peer's RESET_STREAM, if it came.</summary>
    public ulong? ResetErrorCode => State == ReceiveStreamState.ResetRecvd ? _errorCode : null;

    /// <summary>Whether all data has come and is not yet all read.</summary>
    public bool HasAllData => State == ReceiveStreamState.DataRecvd;

    /// <summary>Whether all data was read and the end is known: a read gives 0 for ever.</summary>
    public bool IsAtEnd => State == ReceiveStreamState.DataRead;

    /// <summary>Nothing more can come: all data, a reset, or (for a stopped half) the final size is here.</summary>
    public bool IsDone => State is not (ReceiveStreamState.Recv or ReceiveStreamState.SizeKnown) || (IsStopped && IsSizeKnown);

    public bool HasControlFrames => _stopPending || _creditPending;

    private StreamContext Context => stream.Context;

    private bool IsSizeKnown => _finalSize != NoFinalSize;

    /// <summary>Copies what is ready, up to the size of the destination; returns its length (0: nothing ready, or the end).</summary>
    public int Read(Span<byte> destination)
    {
        int count = 0;
        if (_buffer is { } buffer)
        {
            count = buffer.Read(destination);
            OnRead((ulong)count);
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
            _errorCode = errorCode;
            _stopPending = true;
            _creditPending = false;
            Context.Control.Add(stream);
        }
        else if (State == ReceiveStreamState.DataRecvd)
        {
            State = ReceiveStreamState.DataRead;
        }

        TellIfDone();
    }

    /// <summary>Drops what is buffered: the connection is gone and nobody will read it.</summary>
    public void Abandon() => Discard();

    public void OnStreamFrame(ulong offset, ReadOnlySpan<byte> data, bool fin)
    {
        ulong end = offset + (ulong)data.Length;
        CheckFinalSize(end, fin);
        Receive(end, FrameType.Stream);
        if (fin)
        {
            _finalSize = end;
        }

        if (IsStopped || State == ReceiveStreamState.ResetRecvd)
        {
            Discard();
            TellIfDone();
            return;
        }

        int before = Available;
        if (!Store(offset, data))
        {
            TransportException.Throw(
                TransportErrorCode.InternalError, $"the data of stream {stream.Id} has too many gaps", (ulong)FrameType.Stream);
        }

        ReceiveStreamState state = State;
        UpdateState();
        if (Available > before || State != state)
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
            _errorCode = errorCode;
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
            var frame = new StopSendingFrame(stream.Id.Value, _errorCode);
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

            ulong limit = _credit.Update(Math.Max(window, Context.MaxStreamReceiveWindow), Context.Rtt.Smoothed, packet.Now);
            var frame = new MaxStreamDataFrame(stream.Id.Value, limit);
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
            Context.Control.Add(stream);
        }
        else if (frame.Type == FrameType.MaxStreamData && State == ReceiveStreamState.Recv && !IsStopped && frame.Id == _credit.Limit)
        {
            // Only the newest limit is worth repeating. RFC 9000 §13.3.
            _creditPending = true;
            Context.Control.Add(stream);
        }
    }

    private void CheckFinalSize(ulong end, bool isFinal)
    {
        // The final size never changes, and nothing lies beyond it. RFC 9000 §4.5.
        bool beyond = IsSizeKnown ? end > _finalSize || (isFinal && end != _finalSize) : isFinal && end < _credit.Received;
        if (beyond)
        {
            TransportException.Throw(
                TransportErrorCode.FinalSizeError,
                $"stream {stream.Id}: {end} contradicts the final size {(IsSizeKnown ? _finalSize.ToString(System.Globalization.CultureInfo.InvariantCulture) : "to be")} (received {_credit.Received})");
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
        if (!_credit.TryReceive(more) || !Context.ReceiveCredit.TryReceive(more))
        {
            TransportException.Throw(TransportErrorCode.FlowControlError, $"stream {stream.Id}: {end} exceeds the credit given", (ulong)type);
        }
    }

    private bool Store(ulong offset, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            return true;
        }

        _buffer ??= Context.Spares.TakeReceive(_credit.Consumed);
        bool isTaken = _buffer.Write(offset, data);
        ReleaseIfEmpty();
        return isTaken;
    }

    private void OnRead(ulong count)
    {
        if (count > 0)
        {
            ReleaseIfEmpty();
            _credit.Consume(count);
            Context.ReceiveCredit.Consume(count);
            if (State == ReceiveStreamState.Recv && !_creditPending && _credit.ShouldUpdate)
            {
                _creditPending = true;
                Context.Control.Add(stream);
            }
        }
    }

    private void ReleaseIfEmpty()
    {
        if (_buffer is { IsEmpty: true } buffer)
        {
            _buffer = null;
            Context.Spares.Return(buffer);
        }
    }

    /// <summary>Gives the credit of all that has come back to the connection.</summary>
    private void Discard()
    {
        Context.ReceiveCredit.Consume(Unread);
        _credit.Consume(Unread);
        if (_buffer is { } buffer)
        {
            _buffer = null;
            Context.Spares.Return(buffer);
        }
    }

    private void UpdateState()
    {
        if (!IsSizeKnown)
        {
            return;
        }

        if (State is ReceiveStreamState.Recv or ReceiveStreamState.SizeKnown)
        {
            State = (_buffer?.ContiguousEnd ?? _credit.Consumed) == _finalSize ? ReceiveStreamState.DataRecvd : ReceiveStreamState.SizeKnown;
            _creditPending = false;
        }

        if (State == ReceiveStreamState.DataRecvd && _credit.Consumed == _finalSize)
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
