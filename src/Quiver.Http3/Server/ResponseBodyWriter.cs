using System.IO.Pipelines;
using Quiver.Http3.Messages;

namespace Quiver.Http3.Server;

/// <summary>The content of a response as a pipe's end: what was written waits for a flush, or for the end of the handler.</summary>
internal sealed class ResponseBodyWriter(Http3Response response) : PipeWriter
{
    private readonly PooledBuffer _pending = new();
    private bool _isFlushCancelled;
    private bool _isCompleted;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _pending.Count;

    /// <summary>What was not flushed.</summary>
    public ReadOnlyMemory<byte> Pending => _pending.Written;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ThrowIfCompleted();
        return _pending.GetMemory(sizeHint);
    }

    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        ThrowIfCompleted();
        return _pending.GetSpan(sizeHint);
    }

    public override void Advance(int bytes) => _pending.Advance(bytes);

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_isFlushCancelled)
        {
            _isFlushCancelled = false;
            return new FlushResult(isCanceled: true, isCompleted: false);
        }

        bool isWanted = await response.WriteAsync(_pending.Written, isLast: false, cancellationToken).ConfigureAwait(false);
        _pending.Release();
        return new FlushResult(isCanceled: false, isCompleted: !isWanted);
    }

    /// <summary>As a flush after the bytes; they are not copied when nothing waits before them.</summary>
    public override async ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        ThrowIfCompleted();
        if (_pending.Count > 0)
        {
            _pending.Append(source.Span);
            return await FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        return new FlushResult(isCanceled: false, isCompleted: !await response.WriteAsync(source, isLast: false, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>The next flush returns at once. One that is pending goes on: a part of a frame cannot be taken back.</summary>
    public override void CancelPendingFlush() => _isFlushCancelled = true;

    /// <summary>The response itself is complete when the handler returns; with an error it is reset.</summary>
    public override void Complete(Exception? exception = null)
    {
        _isCompleted = true;
        if (exception is not null)
        {
            response.Fail();
        }
    }

    public void Discard() => _pending.Release();

    private void ThrowIfCompleted()
    {
        if (_isCompleted)
        {
            throw new InvalidOperationException("The body of the response was completed; nothing can be written any more.");
        }
    }
}
