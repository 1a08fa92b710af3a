using System.Globalization;
using System.IO.Pipelines;
using Quiver.Http3.Diagnostics;
using Quiver.Http3.Messages;
using Quiver.Http3.Qpack;
using Quiver.Http3.Server;

namespace Quiver.Http3;

/// <summary>
/// What a client gets. The header section goes out with the first flush of the <see cref="Body"/>, or when the handler returns; a small response
/// is one write. When the client does not want it any more, writes do nothing, and flushes say that the reader is done.
/// </summary>
public sealed class Http3Response
{
    private readonly ServerExchange _exchange;
    private readonly Http3Context _context;
    private readonly ResponseBodyWriter _body;
    private Http3Headers? _trailers;
    private int _statusCode = 200;

    /// <summary>Of the Content-Length field; -1: none.</summary>
    private long _declared = -1;
    private long _written;

    internal Http3Response(ServerExchange exchange, Http3Context context)
    {
        _exchange = exchange;
        _context = context;
        _body = new ResponseBodyWriter(this);
    }

    /// <summary>200 unless set; 200 to 599.</summary>
    /// <exception cref="InvalidOperationException">It was sent already.</exception>
    public int StatusCode
    {
        get => _statusCode;
        set
        {
            ThrowIfStarted();
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 200);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 599);
            _statusCode = value;
        }
    }

    /// <summary>The header section. A Content-Length is held to; without one, a response that was not flushed gets one.</summary>
    public Http3Headers Headers { get; } = new();

    /// <summary>The trailer section, sent when the handler has returned.</summary>
    public Http3Headers Trailers => _trailers ??= new Http3Headers();

    /// <summary>Whether the header section is out.</summary>
    public bool HasStarted { get; private set; }

    /// <summary>The content. What was not flushed is sent when the handler returns.</summary>
    public PipeWriter Body => _body;

    /// <summary>Whether what is written has no place in the response. RFC 9110 §6.4.1.</summary>
    private bool IsBodyless => _context.Request.Method == "HEAD" || _statusCode is 204 or 304;

    /// <summary>Sends the header section now, so that the client need not wait for the first content.</summary>
    /// <param name="cancellationToken">Cancelling aborts the response.</param>
    /// <exception cref="InvalidOperationException">It was sent already.</exception>
    public async ValueTask StartAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfStarted();
        await WriteAsync(default, isLast: false, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends an interim response, such as 103 (Early Hints), before the final one. RFC 9114 §4.1.</summary>
    /// <param name="statusCode">100 to 199, but not 101.</param>
    /// <param name="headers">Its fields; null for none.</param>
    /// <param name="cancellationToken">Cancelling aborts the response.</param>
    /// <exception cref="InvalidOperationException">The final response has begun.</exception>
    public async ValueTask SendInterimAsync(int statusCode, Http3Headers? headers = null, CancellationToken cancellationToken = default)
    {
        if (statusCode is < 100 or > 199 or 101)
        {
            throw new ArgumentOutOfRangeException(nameof(statusCode), statusCode, "An interim status is 100 or 102 to 199 (RFC 9114 §4.5).");
        }

        ThrowIfStarted();
        QueueHead(statusCode, headers);
        await GuardAsync(_exchange.Writer.FlushAsync(isLast: false, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>The handler has failed before anything was sent.</summary>
    internal void Reset(int statusCode)
    {
        _statusCode = statusCode;
        _body.Discard();
        _trailers = null;
        foreach (string name in Headers.Select(header => header.Key).ToArray())
        {
            Headers.Remove(name);
        }
    }

    /// <summary>Sends what was written, and with it whatever is due before. False when the client does not want it.</summary>
    internal async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> content, bool isLast, CancellationToken cancellationToken)
    {
        if (_context.IsAborted)
        {
            return false;
        }

        if (!HasStarted)
        {
            Start(isLast ? content.Length : null);
        }

        if (IsBodyless)
        {
            content = default;
        }

        _written += content.Length;
        if (_declared >= 0 && (_written > _declared || (isLast && _written < _declared && !IsBodyless)))
        {
            // RFC 9114 §4.1.2: a client would find it malformed.
            Http3Log.ContentLengthMissed(QuicDiagnostics.LoggerFactory.CreateLogger("Quiver.Http3"), _written, _declared, _context.StreamId);
            _exchange.Abort(Http3ErrorCode.InternalError);
            return false;
        }

        return await GuardAsync(SendAsync(content, isLast, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>The handler has returned: what is left, and the end.</summary>
    internal async ValueTask CompleteAsync()
    {
        await WriteAsync(_body.Pending, isLast: true, CancellationToken.None).ConfigureAwait(false);
        _body.Discard();
        _context.Request.Complete();
    }

    /// <summary>The body's writer was completed with an error.</summary>
    internal void Fail() => _context.Abort(Http3ErrorCode.InternalError);

    private async ValueTask SendAsync(ReadOnlyMemory<byte> content, bool isLast, CancellationToken cancellationToken)
    {
        MessageWriter writer = _exchange.Writer;
        if (isLast && _trailers is { Count: > 0 } trailers)
        {
            await writer.WriteContentAsync(content, isLast: false, cancellationToken).ConfigureAwait(false);
            writer.QueueHeaders(trailers.Lines);
            await writer.FlushAsync(isLast: true, cancellationToken).ConfigureAwait(false);
        }
        else if (content.IsEmpty)
        {
            await writer.FlushAsync(isLast, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await writer.WriteContentAsync(content, isLast, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Puts the header section in line. <paramref name="wholeLength"/>: of the content, if it is known.</summary>
    private void Start(int? wholeLength)
    {
        bool isTunnel = _context.Request.Method == "CONNECT" && _statusCode < 300;
        if (Headers["content-length"] is { } given)
        {
            if (!long.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out _declared))
            {
                throw new InvalidOperationException($"The response's Content-Length of '{given}' is no number.");
            }
        }
        else if (wholeLength is { } length && !IsBodyless && !isTunnel)
        {
            _declared = length;
            Headers.AddKnown("content-length", length.ToString(CultureInfo.InvariantCulture));
        }

        if (_exchange.Options.SendDate && !Headers.Contains("date"))
        {
            Headers.AddKnown("date", DateField.Now());
        }

        QueueHead(_statusCode, Headers);
        HasStarted = true;
        Headers.Freeze();
        if (_declared > 0 && !IsBodyless)
        {
            _exchange.Writer.QueueContent(_declared);
        }
    }

    private void QueueHead(int statusCode, Http3Headers? headers)
    {
        List<FieldLine> lines = FieldLists.Rent();
        lines.Add(new FieldLine(":status", StatusText.Of(statusCode)));
        if (headers is not null)
        {
            lines.AddRange(headers.Lines);
        }

        _exchange.Writer.QueueHeaders(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(lines));
        FieldLists.Return(lines);
    }

    /// <summary>A client that went away is no failure of the handler's.</summary>
    private async ValueTask<bool> GuardAsync(ValueTask writing)
    {
        try
        {
            await writing.ConfigureAwait(false);
            return true;
        }
        catch (QuicException)
        {
            _context.OnAborted();
            return false;
        }
    }

    private void ThrowIfStarted()
    {
        if (HasStarted)
        {
            throw new InvalidOperationException("The header section of the response was sent already.");
        }
    }
}
