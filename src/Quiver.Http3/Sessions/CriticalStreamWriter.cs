using System.Buffers;
using Quiver.Http3.Frames;

namespace Quiver.Http3.Sessions;

/// <summary>
/// One of our own critical streams: opened with the first bytes, written in the order of <see cref="Enqueue"/> without making anybody wait.
/// RFC 9114 §6.2. Thread-safe.
/// </summary>
internal sealed class CriticalStreamWriter(Http3Session session, ulong type)
{
    /// <summary>More than this waits only when the peer gives no credit for the stream: that is an attack.</summary>
    private const int MaxWaiting = 64 * 1024;

    private readonly Lock _lock = new();
    private ArrayBufferWriter<byte> _waiting = new(256);
    private ArrayBufferWriter<byte> _sending = new(256);
    private QuicStream? _stream;
    private bool _isBusy;
    private int _isRejected;

    /// <summary>Puts bytes in line after all that came before; <see cref="Flush"/> sends them.</summary>
    public void Enqueue(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            _waiting.Write(bytes);
        }
    }

    /// <summary>Sends what stands in line, unless that is being done; no lock is held. Never waits.</summary>
    public void Flush()
    {
        bool isTooMuch;
        lock (_lock)
        {
            if (_waiting.WrittenCount == 0)
            {
                return;
            }

            isTooMuch = _isBusy && _waiting.WrittenCount > MaxWaiting;
            if (_isBusy && !isTooMuch)
            {
                return;
            }

            _isBusy = true;
        }

        if (isTooMuch)
        {
            session.Fail(Http3ErrorCode.ExcessiveLoad, $"The peer does not take what is sent on the stream of type {type}.");
        }
        else
        {
            _ = SendAsync();
        }
    }

    private async Task SendAsync()
    {
        try
        {
            while (TryTake(out QuicStream? stream))
            {
                stream ??= await OpenAsync().ConfigureAwait(false);
                await stream.WriteAsync(_sending.WrittenMemory, session.Stopping).ConfigureAwait(false);
            }
        }
        catch (QuicException e) when (e.QuicError == QuicError.StreamAborted)
        {
            // RFC 9114 §6.2.1, RFC 9204 §4.2: nobody may ask to end it.
            session.Fail(Http3ErrorCode.ClosedCriticalStream, $"The peer asked to end the critical stream of type {type}.");
        }
        catch (QuicException e) when (e.QuicError == QuicError.EarlyDataRejected)
        {
            OnRejected();
        }
        catch (Exception e) when (e is QuicException or ObjectDisposedException or OperationCanceledException)
        {
            // The connection has ended.
        }
    }

    private bool TryTake(out QuicStream? stream)
    {
        lock (_lock)
        {
            stream = _stream;
            _sending.ResetWrittenCount();
            if (_waiting.WrittenCount == 0)
            {
                _isBusy = false;
                return false;
            }

            (_waiting, _sending) = (_sending, _waiting);
            return true;
        }
    }

    private async ValueTask<QuicStream> OpenAsync()
    {
        QuicStream stream = await session.Connection.OpenOutboundStreamAsync(QuicStreamType.Unidirectional, session.Stopping).ConfigureAwait(false);

        // All other streams depend on it.
        stream.Priority = byte.MaxValue;
        byte[] header = new byte[VarInt.MaxLength];
        await stream.WriteAsync(header.AsMemory(0, VarInt.Write(header, type)), session.Stopping).ConfigureAwait(false);
        lock (_lock)
        {
            _stream = stream;
        }

        _ = WatchAsync(stream);
        return stream;
    }

    private async Task WatchAsync(QuicStream stream)
    {
        try
        {
            await stream.WritesClosed.ConfigureAwait(false);
        }
        catch (QuicException e) when (e.QuicError == QuicError.StreamAborted)
        {
            session.Fail(Http3ErrorCode.ClosedCriticalStream, $"The peer asked to end the critical stream of type {type}.");
        }
        catch (QuicException e) when (e.QuicError == QuicError.EarlyDataRejected)
        {
            OnRejected();
        }
        catch (QuicException)
        {
            // With the connection.
        }
    }

    /// <summary>The stream was early data, which the server did not take. A stream that was opened a moment later was not: only this one knows.</summary>
    private void OnRejected()
    {
        if (Interlocked.Exchange(ref _isRejected, 1) == 0)
        {
            session.OnRejected(this);
        }
    }
}
