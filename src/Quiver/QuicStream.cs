using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Quiver.Driving;
using Quiver.Protocol.Primitives;
using Quiver.Streams;
using Quiver.Validation;

namespace Quiver;

/// <summary>
/// A stream of a <see cref="QuicConnection"/>: bytes in order, in one direction or both. RFC 9000 §2.
/// <code>
///    we  ── write half: Write, CloseWrite ──▶  the peer reads
///    we  ◀── read half: Read, CloseRead ─────  the peer writes
/// </code>
/// The halves end one by one, and the stream is gone when both have ended on both sides. <see cref="Dispose"/> ends whatever is open.
/// One read and one write may be pending at a time; a read and a write may run together.
/// </summary>
public sealed class QuicStream : Stream
{
    /// <summary>The <see cref="Priority"/> of a stream that nobody gave one.</summary>
    public const byte DefaultPriority = 0x7F;

    private int _readTimeout = Timeout.Infinite;
    private int _writeTimeout = Timeout.Infinite;
    private readonly QuicConnection _connection;
    private int _isDisposed;

    /// <param name="driver">The stream.</param>
    /// <param name="connection">Kept alive: a connection is not lost while one of its streams is in use.</param>
    internal QuicStream(StreamDriver driver, QuicConnection connection)
    {
        Driver = driver;
        _connection = connection;
    }

    /// <summary>
    /// A stream that is dropped without being disposed is ended in both halves with the connection's default stream error code; what was
    /// finished by <see cref="CloseWrite()"/> is still delivered.
    /// </summary>
    ~QuicStream()
    {
        Dispose(disposing: false);
    }

    /// <summary>The stream's number on the wire. RFC 9000 §2.1.</summary>
    public long Id => (long)Driver.State.Id.Value;

    /// <summary>Whether one side or both can send.</summary>
    public QuicStreamType Type =>
        Driver.State.Id.Direction == StreamDirection.Bidirectional ? QuicStreamType.Bidirectional : QuicStreamType.Unidirectional;

    /// <summary>
    /// On a server: whether something of what was received came as early data (0-RTT), which an attacker may have sent again. Once true it
    /// stays so. RFC 9001 §9.2.
    /// </summary>
    public bool HasEarlyData => Driver.State.HasEarlyData;

    /// <summary>
    /// Completes when the read half has ended: successfully when all data and the peer's FIN were read; with a
    /// <see cref="QuicException"/> when the peer reset it (<see cref="QuicError.StreamAborted"/>), this side aborted it
    /// (<see cref="QuicError.OperationAborted"/>) or the connection ended. Already complete when there is no read half.
    /// </summary>
    public Task ReadsClosed => Driver.Reader?.Closed ?? Task.CompletedTask;

    /// <summary>
    /// Completes when the write half has ended: successfully when the peer has acknowledged all data and the FIN; with a
    /// <see cref="QuicException"/> when the peer asked us to stop (<see cref="QuicError.StreamAborted"/>), this side aborted it
    /// (<see cref="QuicError.OperationAborted"/>) or the connection ended. Already complete when there is no write half.
    /// </summary>
    public Task WritesClosed => Driver.Writer?.Closed ?? Task.CompletedTask;

    /// <summary>
    /// Whether all data and the peer's FIN were read, so that the next read gives 0. False without a read half. Known as soon as the last byte was
    /// read when the FIN has come with it.
    /// </summary>
    public bool IsReadToEnd => Driver.Reader?.IsCompleted == true;

    /// <summary>Whether there is a read half; stays true when it has ended, false after dispose.</summary>
    public override bool CanRead => Driver.Reader is not null && !IsDisposed;

    /// <summary>Whether there is a write half; stays true when it has ended, false after dispose.</summary>
    public override bool CanWrite => Driver.Writer is not null && !IsDisposed;

    /// <summary>
    /// Whose data this side sends first when not all can be sent: 255 is the highest; <see cref="DefaultPriority"/> unless set. May change
    /// at any time. Of no effect on a stream without a write half. The peer is not told.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public byte Priority
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            return Driver.Priority;
        }

        set
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            Driver.SetPriority(value, Driver.IsIncremental);
        }
    }

    /// <summary>
    /// How streams of one <see cref="Priority"/> share: incremental ones, the default, take turns; the others are sent one after the
    /// other, in the order in which they were opened. The model of RFC 9218 §4.2.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public bool IsIncremental
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            return Driver.IsIncremental;
        }

        set
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            Driver.SetPriority(Driver.Priority, value);
        }
    }

    /// <summary>False: a stream goes forward only.</summary>
    public override bool CanSeek => false;

    /// <summary>True: see <see cref="ReadTimeout"/> and <see cref="WriteTimeout"/>.</summary>
    public override bool CanTimeout => true;

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Length => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>
    /// How long a synchronous read waits, in milliseconds; -1, the default: for ever. A read that times out throws an
    /// <see cref="IOException"/> and aborts the read half.
    /// </summary>
    public override int ReadTimeout
    {
        get => GetTimeout(_readTimeout);
        set => _readTimeout = CheckTimeout(value);
    }

    /// <summary>
    /// How long a synchronous write waits, in milliseconds; -1, the default: for ever. A write that times out throws an
    /// <see cref="IOException"/> and aborts the write half.
    /// </summary>
    public override int WriteTimeout
    {
        get => GetTimeout(_writeTimeout);
        set => _writeTimeout = CheckTimeout(value);
    }

    internal StreamDriver Driver { get; }

    private bool IsDisposed => Volatile.Read(ref _isDisposed) != 0;

    /// <summary>
    /// Reads what is there, or waits for it; 0 is the end, and again with every later read. An empty buffer waits for data or the end.
    /// </summary>
    /// <param name="buffer">Where the bytes go.</param>
    /// <param name="cancellationToken">Cancelling gives the read half up: the peer is told to stop with the connection's default stream error code.</param>
    /// <exception cref="InvalidOperationException">There is no read half, or another read is pending.</exception>
    /// <exception cref="QuicException">The half was ended by the peer, by this side or with the connection.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return Reader().ReadAsync(this, buffer, cancellationToken);
    }

    /// <summary>
    /// Reads all that is left, to the peer's FIN, and so completes the read half. A peer that sends more than is wanted is told to stop with
    /// the connection's default stream error code.
    /// </summary>
    /// <param name="maxBytes">The most to take.</param>
    /// <param name="cancellationToken">Cancelling gives the read half up, as for <see cref="ReadAsync(Memory{byte}, CancellationToken)"/>.</param>
    /// <returns>The bytes, empty if there were none.</returns>
    /// <exception cref="InvalidDataException">The peer sent more than <paramref name="maxBytes"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxBytes"/> is negative.</exception>
    /// <exception cref="InvalidOperationException">There is no read half, or another read is pending.</exception>
    /// <exception cref="QuicException">The half was ended by the peer, by this side or with the connection.</exception>
    public ValueTask<byte[]> ReadToEndAsync(int maxBytes, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        return WholeStream.ReadAsync(this, maxBytes, cancellationToken);
    }

    /// <inheritdoc cref="ReadAsync(Memory{byte}, CancellationToken)"/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken = default)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <summary>As <see cref="ReadAsync(Memory{byte}, CancellationToken)"/>, but blocks the thread, for <see cref="ReadTimeout"/> at most.</summary>
    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        byte[] rented = ArrayPool<byte>.Shared.Rent(buffer.Length);
        try
        {
            int count = BlockingCalls.Read(this, rented.AsMemory(0, buffer.Length), _readTimeout);
            rented.AsSpan(0, count).CopyTo(buffer);
            return count;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <inheritdoc cref="Read(Span{byte})"/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return BlockingCalls.Read(this, buffer.AsMemory(offset, count), _readTimeout);
    }

    /// <summary>Reads one byte, blocking; -1 is the end.</summary>
    public override int ReadByte()
    {
        byte value = 0;
        return Read(new Span<byte>(ref value)) == 0 ? -1 : value;
    }

    /// <inheritdoc/>
    public override IAsyncResult BeginRead(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(ReadAsync(buffer, offset, count, CancellationToken.None), callback, state);

    /// <inheritdoc/>
    public override int EndRead(IAsyncResult asyncResult) => TaskToAsyncResult.End<int>(asyncResult);

    /// <summary>Writes all of the buffer. Done when the transport has taken it, not when the peer has it.</summary>
    /// <inheritdoc cref="WriteAsync(ReadOnlyMemory{byte}, bool, CancellationToken)"/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        WriteAsync(buffer, completeWrites: false, cancellationToken);

    /// <summary>
    /// Writes all of the buffer and, if wanted, ends the write half with it. Done when the transport has taken it, not when the peer
    /// has it; waits while the send buffer is full. Once the half has ended with a FIN, writes do nothing.
    /// </summary>
    /// <param name="buffer">The bytes; they are copied and may be used again when the call is done.</param>
    /// <param name="completeWrites">Whether a FIN goes with the last byte, as with <see cref="CloseWrite()"/>.</param>
    /// <param name="cancellationToken">Cancelling gives the write half up: it is reset with the connection's default stream error code.</param>
    /// <exception cref="InvalidOperationException">There is no write half, or another write is pending.</exception>
    /// <exception cref="QuicException">The half was ended by the peer, by this side or with the connection.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, bool completeWrites, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        ValueTask written = Writer().WriteAsync(this, buffer, completeWrites, cancellationToken);

        // Or the finalizer could run, and reset the stream, before the bytes are in: here and below.
        GC.KeepAlive(this);
        return written;
    }

    /// <inheritdoc cref="WriteAsync(ReadOnlyMemory{byte}, CancellationToken)"/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken = default)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), completeWrites: false, cancellationToken).AsTask();
    }

    /// <summary>As <see cref="WriteAsync(ReadOnlyMemory{byte}, CancellationToken)"/>, but blocks the thread, for <see cref="WriteTimeout"/> at most.</summary>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        byte[] rented = ArrayPool<byte>.Shared.Rent(buffer.Length);
        try
        {
            buffer.CopyTo(rented);
            BlockingCalls.Write(this, rented.AsMemory(0, buffer.Length), _writeTimeout);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <inheritdoc cref="Write(ReadOnlySpan{byte})"/>
    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        BlockingCalls.Write(this, buffer.AsMemory(offset, count), _writeTimeout);
    }

    /// <summary>Writes one byte, blocking.</summary>
    public override void WriteByte(byte value) => Write(new ReadOnlySpan<byte>(in value));

    /// <inheritdoc/>
    public override IAsyncResult BeginWrite(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(WriteAsync(buffer, offset, count, CancellationToken.None), callback, state);

    /// <inheritdoc/>
    public override void EndWrite(IAsyncResult asyncResult) => TaskToAsyncResult.End(asyncResult);

    /// <summary>Does nothing: what was written is sent as soon as it may be.</summary>
    public override void Flush()
    {
    }

    /// <summary>Does nothing: what was written is sent as soon as it may be.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    /// <summary>
    /// Ends the write half in good order: a FIN follows what was written, and the peer reads to the end. Never blocks; does nothing if
    /// the half has ended, or there is none. The same as <see cref="CloseWrite()"/>.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public void CompleteWrites()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        Driver.CompleteWrites();
        GC.KeepAlive(this);
    }

    /// <summary>
    /// Ends the write half in good order; the read half stays open.
    /// <code>
    ///    we  ── data ── FIN ──▶|  peer: reads on, then sees the end
    ///    we  ◀── data ────────── peer: may go on writing
    /// </code>
    /// Does nothing if the half has ended, or there is none.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public void CloseWrite() => CompleteWrites();

    /// <summary>
    /// Gives the write half up: what is not yet delivered is dropped, and the peer's reads fail with the code (RESET_STREAM, RFC 9000
    /// §3.1). The read half stays open. Does nothing if the half has ended, or there is none.
    /// </summary>
    /// <param name="errorCode">0 to 2^62-1; what it means is up to the application protocol.</param>
    public void CloseWrite(long errorCode) => Abort(QuicAbortDirection.Write, errorCode);

    /// <summary>
    /// Ends the read half: we want no more, and the peer is told to stop (STOP_SENDING, RFC 9000 §3.5) with the connection's default
    /// stream error code; the write half stays open.
    /// <code>
    ///    we  ── data ──────────▶ peer: reads on
    ///    we |◀ ─ ─ ─ ─ ─ ─ ─ ─ ─ peer: its writes fail with StreamAborted
    /// </code>
    /// Does nothing if the half has ended (all was read), or there is none.
    /// </summary>
    public void CloseRead() => Abort(QuicAbortDirection.Read, (long)Driver.Connection.Streams.DefaultErrorCode);

    /// <summary>As <see cref="CloseRead()"/>, with an error code for the peer.</summary>
    /// <param name="errorCode">0 to 2^62-1; what it means is up to the application protocol.</param>
    public void CloseRead(long errorCode) => Abort(QuicAbortDirection.Read, errorCode);

    /// <summary>
    /// Ends one half or both at once. Reading: the peer is told to stop. Writing: what is not yet delivered is dropped, and the peer's
    /// reads fail. A half that has ended, or is not there, stays as it is. Pending operations fail with <see cref="QuicError.OperationAborted"/>.
    /// </summary>
    /// <param name="abortDirection">Which half.</param>
    /// <param name="errorCode">0 to 2^62-1; the peer sees it as <see cref="QuicException.ApplicationErrorCode"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The code is out of range.</exception>
    public void Abort(QuicAbortDirection abortDirection, long errorCode)
    {
        Require.InRange(nameof(errorCode), errorCode, QuicDefaults.MaxErrorCode);
        if (!IsDisposed)
        {
            Driver.Abort(abortDirection, (ulong)errorCode);
            GC.KeepAlive(this);
        }
    }

    /// <summary>
    /// Ends both halves: the read half, if the end was not reached, by telling the peer to stop with the connection's default stream
    /// error code; the write half in good order, by a FIN. Then waits until the stream is over on both sides, so that what was written
    /// has arrived. A stream that was never used is aborted. To throw away what was written, call <see cref="Abort"/> first.
    /// </summary>
    [SuppressMessage("Usage", "CA2215:Dispose methods should call base class dispose", Justification = "The base calls Dispose, which would block.")]
    public override ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return ValueTask.CompletedTask;
        }

        GC.SuppressFinalize(this);
        return Driver.DisposeAsync();
    }

    /// <summary>
    /// As <see cref="DisposeAsync"/>, but waits for nothing: the connection sees to it that what was written is delivered, unless it is itself
    /// disposed or aborted before. To wait for it later, close the connection with <see cref="QuicConnection.CloseAsync"/>.
    /// </summary>
    [SuppressMessage("Usage", "CA1816:Dispose methods should call SuppressFinalize", Justification = "It disposes.")]
    public void Release()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            GC.SuppressFinalize(this);
            Driver.Release();
        }
    }

    /// <summary>
    /// Queues a work item to the thread pool, once, when the write half ends by no doing of this side: the peer asked to stop
    /// (STOP_SENDING), or the connection ended; at once if that has happened. Not when it ends in good order, is aborted by this side, or
    /// the stream is disposed. For servers, which want to know that nobody waits for the answer they work on, at less cost than
    /// <see cref="WritesClosed"/>. A later call replaces the item of an earlier one.
    /// </summary>
    /// <param name="workItem">What runs; null: nothing. May be queued still when it has been replaced meanwhile.</param>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public void QueueWhenWritesAborted(IThreadPoolWorkItem? workItem)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        Driver.NotifyOfWriteAbort(workItem);
        GC.KeepAlive(this);
    }

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>The stream in words, for logs.</summary>
    public override string ToString() => $"QUIC {(Type == QuicStreamType.Bidirectional ? "bidirectional" : "unidirectional")} stream {Id}";

    /// <summary>As <see cref="DisposeAsync"/>, but blocks the thread.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            BlockingCalls.Wait(DisposeAsync());
        }
        else
        {
            Driver.Connection.OnHandleLost(Driver);
        }

        base.Dispose(disposing);
    }

    private ReadHalf Reader() => Driver.Reader ?? throw new InvalidOperationException($"The {ToString()} of ours has no read half.");

    private WriteHalf Writer() => Driver.Writer ?? throw new InvalidOperationException($"The {ToString()} of the peer has no write half.");

    private int GetTimeout(int value)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return value;
    }

    private int CheckTimeout(int value)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (value is <= 0 and not Timeout.Infinite)
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, "A time-out must be positive, or -1 for none.");
        }

        return value;
    }
}
