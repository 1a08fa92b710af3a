using System.Buffers.Binary;
using Quiver.Http3.Frames;
using Quiver.Http3.Qpack;
using Quiver.Http3.Sessions;

namespace Quiver.Http3.Messages;

/// <summary>
/// Writes one message to the write half of a request stream. What is queued goes out together with what is written next, so that a small
/// message is one write. RFC 9114 §4.1. One write at a time. Throws <see cref="QuicException"/>.
/// A buffer is rented only while something is queued.
/// </summary>
internal sealed class MessageWriter(Http3Session session, QuicStream stream)
{
    /// <summary>Content up to here is copied behind the frame header, which is cheaper than a system call more.</summary>
    private const int CopyLimit = 16 * 1024;

    private const int ShortHeader = 3;
    private const int LongHeader = 5;

    private readonly PooledBuffer _queued = new();

    /// <summary>Of a DATA frame that has all of the content: what is left of it; -1: each write is a frame.</summary>
    private long _left = -1;

    /// <summary>Whether a FIN was written.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>What is left of the announced content; -1: none was announced.</summary>
    public long Left => _left;

    /// <summary>Puts a HEADERS frame in line.</summary>
    public void QueueHeaders(ReadOnlySpan<FieldLine> lines)
    {
        int start = _queued.Count;
        _queued.GetSpan(ShortHeader);
        _queued.Advance(ShortHeader);
        session.Sections.Encode(stream.Id, lines, _queued);
        int length = _queued.Count - start - ShortHeader;
        if (length < 1 << 14)
        {
            Span<byte> header = _queued.Span[start..];
            header[0] = (byte)FrameTypes.Headers;
            BinaryPrimitives.WriteUInt16BigEndian(header[1..], (ushort)(length | 0x4000));
            return;
        }

        // A length of four bytes.
        _queued.GetSpan(LongHeader - ShortHeader);
        _queued.Advance(LongHeader - ShortHeader);
        Span<byte> frame = _queued.Span[start..];
        frame.Slice(ShortHeader, length).CopyTo(frame[LongHeader..]);
        frame[0] = (byte)FrameTypes.Headers;
        BinaryPrimitives.WriteUInt32BigEndian(frame[1..], (uint)length | 0x8000_0000);
    }

    /// <summary>The content has exactly this length: one DATA frame has it all.</summary>
    public void QueueContent(long length)
    {
        if (length > 0)
        {
            QueueDataHeader(length);
        }

        _left = length;
    }

    /// <summary>Writes what is queued.</summary>
    public async ValueTask FlushAsync(bool isLast, CancellationToken cancellationToken)
    {
        if (_queued.Count > 0 || isLast)
        {
            await stream.WriteAsync(_queued.Written, isLast, cancellationToken).ConfigureAwait(false);
            _queued.Release();
            IsComplete |= isLast;
        }
    }

    /// <summary>Writes what is queued and content. No more than was announced: that is the caller's to check.</summary>
    public async ValueTask WriteContentAsync(ReadOnlyMemory<byte> content, bool isLast, CancellationToken cancellationToken)
    {
        if (content.Length > 0)
        {
            if (_left < 0)
            {
                QueueDataHeader(content.Length);
            }
            else
            {
                _left -= content.Length;
            }
        }

        if (_queued.Count > 0 && content.Length > 0)
        {
            int copied = Math.Min(content.Length, CopyLimit);
            _queued.Append(content.Span[..copied]);
            content = content[copied..];
            await FlushAsync(isLast && content.IsEmpty, cancellationToken).ConfigureAwait(false);
            if (content.IsEmpty)
            {
                return;
            }
        }
        else
        {
            await FlushAsync(isLast: false, cancellationToken).ConfigureAwait(false);
        }

        await stream.WriteAsync(content, isLast, cancellationToken).ConfigureAwait(false);
        IsComplete |= isLast;
    }

    private void QueueDataHeader(long length)
    {
        Span<byte> header = _queued.GetSpan(FrameWriter.MaxHeaderLength);
        _queued.Advance(FrameWriter.WriteHeader(header, FrameTypes.Data, (ulong)length));
    }
}
