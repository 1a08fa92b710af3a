using Quiver.Http3.Diagnostics;
using Quiver.Http3.Fields;
using Quiver.Http3.Messages;
using Quiver.Http3.Priorities;
using Quiver.Http3.Qpack;
using Quiver.Http3.Sessions;

namespace Quiver.Http3.Server;

/// <summary>
/// One request of a server connection, from its stream to the end of both halves: reads the head, runs the handler, completes the
/// response. Whatever happens, both halves have ended afterwards.
/// </summary>
internal sealed class ServerExchange : IExchange, IThreadPoolWorkItem
{
    private readonly ServerConnection _connection;
    private readonly Http3Session _session;
    private Http3Context? _context;
    private Http3Priority? _update;
    private int _isReadEnded;
    private bool _isCountedOut;

    public ServerExchange(ServerConnection connection, QuicStream stream)
    {
        _connection = connection;
        _session = connection.Session;
        Stream = stream;
        Reader = new MessageReader(_session, stream, isServer: true);
        Writer = new MessageWriter(_session, stream);
    }

    public QuicStream Stream { get; }

    public MessageReader Reader { get; }

    public MessageWriter Writer { get; }

    public Http3Session Session => _session;

    public Http3ServerOptions Options => _connection.Options;

    /// <summary>Only a CONNECT does, and what it is may not be known yet. RFC 9297 §2.</summary>
    public bool MayTakeDatagrams => _context is null or { Request.Method: "CONNECT" };

    /// <summary>A PRIORITY_UPDATE that came before the request.</summary>
    public Http3Priority? EarlyPriority
    {
        set => _update = value;
    }

    public void Execute() => _ = RunAsync();

    /// <summary>Counts for more than the request's own field. RFC 9218 §7.</summary>
    public void OnPriorityUpdate(Http3Priority priority)
    {
        _update = priority;
        StreamPriority.Apply(Stream, priority);
    }

    public void EndRead()
    {
        if (Interlocked.Exchange(ref _isReadEnded, 1) == 0)
        {
            if (!Reader.IsAtEnd)
            {
                _session.Sections.OnStreamCancelled(Stream.Id);
            }

            Reader.Release();
        }
    }

    public void EndWrite()
    {
        // The stream goes when the handler has returned.
    }

    public Exception OnFailure(Exception exception)
    {
        switch (exception)
        {
            case Http3ProtocolException protocol:
                _session.Fail(protocol);
                return new IOException(protocol.Message, protocol);
            case Http3StreamException stream:
                Abort(stream.Code);
                return new IOException(stream.Message, stream);
            case FieldSectionTooLargeException:
                Abort(Http3ErrorCode.ExcessiveLoad);
                return new IOException(exception.Message, exception);
            case QuicException { QuicError: QuicError.StreamAborted }:
                _context?.OnAborted();
                return exception;
            default:
                return exception;
        }
    }

    /// <summary>Ends both halves at once.</summary>
    public void Abort(Http3ErrorCode code)
    {
        Stream.Abort(QuicAbortDirection.Both, (long)code);
        _context?.OnAborted();
    }

    private async Task RunAsync()
    {
        try
        {
            if (await ReceiveAsync().ConfigureAwait(false) is { } context)
            {
                await HandleAsync(context).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            OnRunFailure(e);
        }
        finally
        {
            // After a response that needed no more of the request. RFC 9114 §4.1.
            Stream.CloseRead((long)Http3ErrorCode.NoError);
            EndRead();
            CountOut();
            StreamEnd.Release(Stream);
            _connection.Remove(this);
        }
    }

    private void CountOut()
    {
        if (!_isCountedOut)
        {
            _isCountedOut = true;
            _connection.OnHandled();
        }
    }

    private async ValueTask<Http3Context?> ReceiveAsync()
    {
        List<FieldLine> lines = FieldLists.Rent();
        try
        {
            if (!await Reader.ReadHeadAsync(lines).ConfigureAwait(false))
            {
                // RFC 9114 §4.1: not enough of a request to answer.
                Abort(Http3ErrorCode.RequestIncomplete);
                return null;
            }
        }
        catch (FieldSectionTooLargeException)
        {
            await RefuseTooLargeAsync().ConfigureAwait(false);
            return null;
        }

        RequestHead head = RequestHead.Read(lines, _session.Own.EnableConnectProtocol);
        Reader.BeginContent(head.IsConnect ? -1 : head.ContentLength, head.IsConnect);
        Http3Headers headers = new(lines, head.FirstField);
        FieldLists.Return(lines);
        Http3Priority? priority = headers["priority"] is { } field ? PriorityField.Parse(field) : null;
        if ((_update ?? priority) is { } known)
        {
            StreamPriority.Apply(Stream, known);
        }

        _context = new Http3Context(this, in head, headers, _update ?? priority ?? Http3Priority.Default);
        return _context;
    }

    private async ValueTask HandleAsync(Http3Context context)
    {
        try
        {
            await Options.Handler(context).ConfigureAwait(false);
        }
        catch (Exception e) when (!context.IsAborted)
        {
            Http3Log.HandlerFailed(QuicDiagnostics.LoggerFactory.CreateLogger("Quiver.Http3"), e, context.Request.Method, Stream.Id);
            if (context.Response.HasStarted)
            {
                Abort(Http3ErrorCode.InternalError);
                return;
            }

            context.Response.Reset(500);
        }

        CountOut();
        await context.CompleteAsync().ConfigureAwait(false);
        if (!context.IsAborted)
        {
            _session.Budget.OnUseful();
        }
    }

    /// <summary>RFC 9114 §4.2.2: 431 (Request Header Fields Too Large).</summary>
    private async ValueTask RefuseTooLargeAsync()
    {
        _session.Budget.Spend("requests with too many fields");
        Writer.QueueHeaders([new FieldLine(":status", "431"), new FieldLine("content-length", "0")]);
        await Writer.FlushAsync(isLast: true, default).ConfigureAwait(false);
    }

    private void OnRunFailure(Exception exception)
    {
        try
        {
            switch (exception)
            {
                case Http3ProtocolException or Http3StreamException or FieldSectionTooLargeException:
                    _ = OnFailure(exception);
                    break;
                case QuicException { QuicError: QuicError.StreamAborted }:
                    // The client gave it up.
                    Abort(Http3ErrorCode.RequestCancelled);
                    _session.Budget.Spend("cancelled requests");
                    break;
                default:
                    Abort(Http3ErrorCode.InternalError);
                    break;
            }
        }
        catch (Http3ProtocolException e)
        {
            _session.Fail(e);
        }
    }
}
