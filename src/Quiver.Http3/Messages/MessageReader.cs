using System.Buffers;
using System.Runtime.CompilerServices;
using Quiver.Http3.Fields;
using Quiver.Http3.Frames;
using Quiver.Http3.Qpack;
using Quiver.Http3.Sessions;

namespace Quiver.Http3.Messages;

/// <summary>
/// Reads one message from the read half of a request stream: frames in their order, field sections decoded, content counted.
/// RFC 9114 §4.1. One read at a time. Throws <see cref="Http3ProtocolException"/> when the connection, <see cref="Http3StreamException"/>
/// when the stream is to end, and <see cref="QuicException"/>. Holds a rented buffer until <see cref="Release"/>.
/// </summary>
internal sealed class MessageReader(Http3Session session, QuicStream stream, bool isServer)
{
    private const int InitialBuffer = 2048;
    private const int Idle = 0;
    private const int Reading = 1;
    private const int Released = 2;

    private readonly QuicStream _stream = stream;
    private int _state;
    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private MessagePhase _phase;

    /// <summary>Of the current frame: for DATA, what is not yet read of its payload.</summary>
    private ulong _type;
    private ulong _left;
    private long _contentLength = -1;
    private long _received;

    /// <summary>The fields after the content, once the end was read; null: there were none.</summary>
    public List<FieldLine>? Trailers { get; private set; }

    /// <summary>Whether everything was read, and the FIN.</summary>
    public bool IsAtEnd => _phase == MessagePhase.End;

    /// <summary>Whether nothing of the content is here yet, so that reading it may have to wait.</summary>
    public bool IsEmpty => _start == _end;

    private ReadOnlySpan<byte> Buffered => _buffer.AsSpan(_start, _end - _start);

    /// <summary>
    /// Reads the next header section into <paramref name="lines"/>. False when the stream ended without one. The phase stays
    /// <see cref="MessagePhase.Head"/> until <see cref="BeginContent"/>.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> ReadHeadAsync(List<FieldLine> lines)
    {
        BeginRead();
        try
        {
            if (!await NextFrameAsync().ConfigureAwait(false))
            {
                _phase = MessagePhase.End;
                return false;
            }

            if (_type != FrameTypes.Headers)
            {
                // RFC 9114 §4.1: no DATA before HEADERS.
                Http3ProtocolException.Throw(Http3ErrorCode.FrameUnexpected, $"Stream {_stream.Id} has DATA before HEADERS.");
            }

            await ReadSectionAsync(lines).ConfigureAwait(false);
            return true;
        }
        finally
        {
            EndRead();
        }
    }

    /// <summary>The header section was the final one. <paramref name="contentLength"/>: what the content must have; -1: anything.</summary>
    public void BeginContent(long contentLength, bool isTunnel)
    {
        _phase = isTunnel ? MessagePhase.Tunnel : MessagePhase.Content;
        _contentLength = contentLength;
    }

    /// <summary>Reads content; 0 is its end, and that of the message. An empty buffer waits for content.</summary>
    public ValueTask<int> ReadContentAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (IsAtEnd)
        {
            return new ValueTask<int>(0);
        }

        BeginRead();
        if (_left > 0 && _start < _end)
        {
            int count = TakeBuffered(destination.Span);
            EndRead();
            return new ValueTask<int>(count);
        }

        return ReadMoreAsync(destination, cancellationToken);
    }

    /// <summary>Returns the buffer, once nothing reads into it. Nothing is read afterwards.</summary>
    public void Release()
    {
        if (Interlocked.Exchange(ref _state, Released) == Idle)
        {
            ReturnBuffer();
        }
    }

    private void BeginRead()
    {
        int state = Interlocked.CompareExchange(ref _state, Reading, Idle);
        ObjectDisposedException.ThrowIf(state == Released, typeof(Stream));
        if (state == Reading)
        {
            throw new InvalidOperationException($"A read of stream {_stream.Id} is pending; one read at a time.");
        }
    }

    private void EndRead()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Reading) == Released)
        {
            ReturnBuffer();
        }
    }

    private void ReturnBuffer()
    {
        byte[] buffer = _buffer;
        _buffer = [];
        _start = _end = 0;
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadMoreAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        try
        {
            if (!await NextContentAsync(cancellationToken).ConfigureAwait(false))
            {
                return 0;
            }

            if (_start < _end)
            {
                return TakeBuffered(destination.Span);
            }

            int most = (int)Math.Min((ulong)destination.Length, _left);
            int count = await _stream.ReadAsync(destination[..most], cancellationToken).ConfigureAwait(false);
            if (count == 0 && most > 0)
            {
                Truncated();
            }

            _left -= (ulong)count;
            return count;
        }
        finally
        {
            EndRead();
        }
    }

    /// <summary>Goes to the next DATA frame that has something; false at the end.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> NextContentAsync(CancellationToken cancellationToken)
    {
        while (_left == 0)
        {
            if (!await NextFrameAsync(cancellationToken).ConfigureAwait(false))
            {
                OnEnd();
                return false;
            }

            if (_type == FrameTypes.Headers)
            {
                await ReadTrailersAsync().ConfigureAwait(false);
            }
            else
            {
                OnData();
            }
        }

        return true;
    }

    private int TakeBuffered(Span<byte> destination)
    {
        int count = (int)Math.Min((ulong)Math.Min(destination.Length, _end - _start), _left);
        _buffer.AsSpan(_start, count).CopyTo(destination);
        _start += count;
        _left -= (ulong)count;
        return count;
    }

    private void OnData()
    {
        if (_phase == MessagePhase.Trailers)
        {
            // RFC 9114 §4.1: nothing after the trailers.
            Http3ProtocolException.Throw(Http3ErrorCode.FrameUnexpected, $"Stream {_stream.Id} has DATA after its trailers.");
        }

        if (_left == 0)
        {
            session.Budget.Spend("empty DATA frames");
        }

        _received = (long)Math.Min((ulong)_received + _left, long.MaxValue);
        if (_contentLength >= 0 && _received > _contentLength)
        {
            // RFC 9114 §4.1.2: Content-Length is the sum of the DATA frames.
            Http3StreamException.Malformed($"The content is longer than its Content-Length of {_contentLength}.");
        }
    }

    private async ValueTask ReadTrailersAsync()
    {
        if (_phase != MessagePhase.Content)
        {
            // RFC 9114 §4.1: one trailer section. §4.4: none in a tunnel.
            Http3ProtocolException.Throw(Http3ErrorCode.FrameUnexpected, $"Stream {_stream.Id} has HEADERS where none may be.");
        }

        List<FieldLine> lines = [];
        await ReadSectionAsync(lines).ConfigureAwait(false);
        FieldValidator.CheckFields(lines, 0, FieldSectionKind.Trailers);
        Trailers = lines;
        _phase = MessagePhase.Trailers;
    }

    private void OnEnd()
    {
        _phase = MessagePhase.End;
        if (_contentLength >= 0 && _received != _contentLength)
        {
            // RFC 9114 §4.1.2: Content-Length is the sum of the DATA frames.
            Http3StreamException.Malformed($"The content ends after {_received} bytes; its Content-Length is {_contentLength}.");
        }
    }

    /// <summary>Goes to the next HEADERS or DATA frame, over what is unknown; false at the end of the stream.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> NextFrameAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            int headerLength;
            while (!TryReadFrameHeader(out headerLength))
            {
                if (!await FillAsync(cancellationToken).ConfigureAwait(false))
                {
                    if (_start < _end)
                    {
                        Truncated();
                    }

                    return false;
                }
            }

            _start += headerLength;
            if (_type is FrameTypes.Data or FrameTypes.Headers)
            {
                return true;
            }

            CheckUnknown();
            await SkipAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private bool TryReadFrameHeader(out int length)
    {
        length = 0;
        if (!VarInt.TryRead(Buffered, out _type, out int typeLength) || !VarInt.TryRead(Buffered[typeLength..], out _left, out int lengthLength))
        {
            _left = 0;
            return false;
        }

        length = typeLength + lengthLength;
        return true;
    }

    private void CheckUnknown()
    {
        if (_type == FrameTypes.PushPromise && !isServer)
        {
            // RFC 9114 §7.2.5: we never allowed a push id.
            Http3ProtocolException.Throw(Http3ErrorCode.IdError, "The server promises a push, and was never allowed to.");
        }

        if (FrameTypes.IsControl(_type) || _type == FrameTypes.PushPromise || FrameTypes.IsOfHttp2(_type))
        {
            // RFC 9114 §7.2.3 to §7.2.8, RFC 9218 §7.2: not on request streams.
            Http3ProtocolException.Throw(Http3ErrorCode.FrameUnexpected, $"A frame of type 0x{_type:x} is on request stream {_stream.Id}.");
        }

        session.Budget.Spend("frames of unknown types");
    }

    private async ValueTask SkipAsync(CancellationToken cancellationToken)
    {
        while (_left > 0)
        {
            if (_start == _end && !await FillAsync(cancellationToken).ConfigureAwait(false))
            {
                Truncated();
            }

            int count = (int)Math.Min(_left, (ulong)(_end - _start));
            _start += count;
            _left -= (ulong)count;
        }
    }

    /// <summary>Reads the payload of a HEADERS frame, which takes as much memory as has come of it, and decodes it.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReadSectionAsync(List<FieldLine> lines)
    {
        ulong length = _left;
        _left = 0;
        if (length > (ulong)session.Sections.MaxSectionSize)
        {
            TooLarge();
        }

        while ((ulong)(_end - _start) < length)
        {
            if (!await FillAsync(default).ConfigureAwait(false))
            {
                Truncated();
            }
        }

        SectionResult result = session.Sections.Decode(_stream.Id, _buffer.AsSpan(_start, (int)length), lines, out Task? unblocked);
        while (result == SectionResult.Blocked)
        {
            await WaitAsync(unblocked!).ConfigureAwait(false); // Blocked gives one.
            result = session.Sections.Decode(_stream.Id, _buffer.AsSpan(_start, (int)length), lines, out unblocked);
        }

        _start += (int)length;
        if (result == SectionResult.TooLarge)
        {
            TooLarge();
        }
    }

    /// <summary>Until the section can be decoded, or the peer resets the stream.</summary>
    private async Task WaitAsync(Task unblocked)
    {
        Task closed = _stream.ReadsClosed;
        if (await Task.WhenAny(unblocked, closed).ConfigureAwait(false) == closed)
        {
            // Read to the end is no reason to stop waiting; anything else throws.
            await closed.ConfigureAwait(false);
        }

        try
        {
            await unblocked.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw new QuicException(QuicError.OperationAborted, applicationErrorCode: null, $"Stream {_stream.Id} was ended while its fields waited for QPACK insertions.");
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        MakeRoom();
        int count = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += count;
        return count > 0;
    }

    private void MakeRoom()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }

        if (_buffer.Length == 0)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(InitialBuffer);
        }
        else if (_end == _buffer.Length)
        {
            // Half of it is free, or twice as much is needed.
            byte[] target = _start >= _buffer.Length / 2 ? _buffer : ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            Buffered.CopyTo(target);
            _end -= _start;
            _start = 0;
            if (target != _buffer)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = target;
            }
        }
    }

    private void Truncated() =>
        // RFC 9114 §7.1: the stream ends within a frame.
        Http3ProtocolException.Throw(Http3ErrorCode.FrameError, $"Stream {_stream.Id} ends in the middle of a frame.");

    private void TooLarge() => throw new FieldSectionTooLargeException(
        $"The field section on stream {_stream.Id} is larger than the {session.Sections.MaxSectionSize} bytes that are allowed.");
}
