using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Quiver.Http3.Fields;
using Quiver.Http3.Messages;
using Quiver.Http3.Qpack;
using Quiver.Http3.Sessions;

namespace Quiver.Http3.Client;

/// <summary>
/// One request and its response on a stream of a client connection. The two halves end one by one, in whatever order; with the second the
/// stream is given back and the request counted out.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "The token source has no timer and no handle.")]
internal sealed class ClientExchange : IExchange
{
    /// <summary>Interim responses before the final one; more are an attack.</summary>
    private const int MaxInterimResponses = 64;

    private readonly Http3Session _session;
    private readonly RequestTable _requests;
    private readonly Http3ClientConnectionOptions _options;
    private readonly HttpRequestMessage _request;
    private TaskCompletionSource<bool>? _permission;
    private CancellationTokenSource? _contentStop;
    private Exception? _failure;
    private int _openHalves = 2;
    private int _isReadEnded;
    private int _isWriteEnded;

    public ClientExchange(
        Http3Session session, RequestTable requests, Http3ClientConnectionOptions options, HttpRequestMessage request, QuicStream stream)
    {
        _session = session;
        _requests = requests;
        _options = options;
        _request = request;
        Stream = stream;
        Reader = new MessageReader(session, stream, isServer: false);
        Writer = new MessageWriter(session, stream);
    }

    public QuicStream Stream { get; }

    public MessageReader Reader { get; }

    public MessageWriter Writer { get; }

    public Http3Session Session => _session;

    public bool IsConnect => _request.Method == HttpMethod.Connect;

    /// <summary>Sends the request and reads the head of the response. Cancelling ends both halves.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<HttpResponseMessage> SendAsync(CancellationToken cancellationToken)
    {
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static exchange => ((ClientExchange)exchange!).Cancel(), this);
        await using (registration.ConfigureAwait(false))
        {
            if (Volatile.Read(ref _failure) is { } failure)
            {
                throw failure;
            }

            await SendHeadAsync().ConfigureAwait(false);
            return await ReceiveHeadAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The request is not wanted any more, or has failed: both halves end. RFC 9114 §4.1.1.</summary>
    public void Cancel()
    {
        Stream.Abort(QuicAbortDirection.Both, (long)Http3ErrorCode.RequestCancelled);
        _contentStop?.Cancel();
        EndRead();
        EndWrite();
    }

    /// <summary>A GOAWAY says that the server does not process the request.</summary>
    public void OnGoAway()
    {
        Fail(RequestErrors.NotProcessed(Http3RetryMode.OtherConnection, "The server is going away and does not process the request (GOAWAY).", null));
    }

    /// <summary>The server sent a datagram for a request that knows none.</summary>
    public void OnDatagram() =>
        Fail(new Http3StreamException(Http3ErrorCode.DatagramError, $"The server sent an HTTP datagram for the request on stream {Stream.Id}, which knows none."));

    public void EndRead()
    {
        if (Interlocked.Exchange(ref _isReadEnded, 1) != 0)
        {
            return;
        }

        if (!Reader.IsAtEnd)
        {
            _session.Sections.OnStreamCancelled(Stream.Id);
        }

        Reader.Release();
        EndHalf();
    }

    public void EndWrite()
    {
        if (Interlocked.Exchange(ref _isWriteEnded, 1) == 0)
        {
            EndHalf();
        }
    }

    /// <summary>Of the content of the response.</summary>
    public Exception OnFailure(Exception exception)
    {
        Exception cause = Volatile.Read(ref _failure) ?? exception;
        CloseFor(cause);
        return RequestErrors.ToBodyException(cause, _session);
    }

    /// <summary>What <see cref="SendAsync"/> failed for; both halves end.</summary>
    public Exception OnRequestFailure(Exception exception)
    {
        Exception cause = Volatile.Read(ref _failure) ?? exception;
        CloseFor(cause);
        return cause;
    }

    /// <summary>The response was collected without being disposed: its content will not be read.</summary>
    public void OnLost() => ThreadPool.UnsafeQueueUserWorkItem(static exchange => exchange.Cancel(), this, preferLocal: false);

    /// <summary>The content of the request could not be had or sent.</summary>
    public void Fail(Exception failure)
    {
        Interlocked.CompareExchange(ref _failure, failure, null);
        CloseFor(failure);
    }

    private void CloseFor(Exception cause)
    {
        switch (cause)
        {
            case Http3ProtocolException protocol:
                _session.Fail(protocol);
                break;
            case Http3StreamException stream:
                Stream.Abort(QuicAbortDirection.Both, (long)stream.Code);
                break;
            case FieldSectionTooLargeException:
                Stream.Abort(QuicAbortDirection.Both, (long)Http3ErrorCode.ExcessiveLoad);
                break;
        }

        Cancel();
    }

    private async ValueTask SendHeadAsync()
    {
        QueueHead();
        HttpContent? content = _request.Content;
        long? length = content?.Headers.ContentLength;
        if (IsConnect)
        {
            await Writer.FlushAsync(isLast: false, default).ConfigureAwait(false);
        }
        else if (content is null || length == 0)
        {
            await Writer.FlushAsync(isLast: true, default).ConfigureAwait(false);
            EndWrite();
        }
        else
        {
            bool waits = _request.Headers.ExpectContinue == true;
            bool isAtHand = length is not null && content is ByteArrayContent or ReadOnlyMemoryContent;
            if (waits || !isAtHand)
            {
                // The content may take its time, or wait for the response itself.
                await Writer.FlushAsync(isLast: false, default).ConfigureAwait(false);
            }

            _contentStop = new CancellationTokenSource();
            _permission = waits ? new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously) : null;
            _ = SendContentAsync(content, length, _contentStop.Token);
        }
    }

    private void QueueHead()
    {
        List<FieldLine> lines = FieldLists.Rent();
        RequestFields.Write(_request, _options.RequestHeaderEncodingSelector, lines);
        if (_session.Peer.MaxFieldSectionSize is { } most && RequestFields.SizeOf(lines) > most)
        {
            // RFC 9114 §4.2.2: the server would refuse it.
            throw new HttpRequestException(
                HttpRequestError.ConfigurationLimitExceeded, $"The request's headers are larger than the {most} bytes that the server takes.");
        }

        Writer.QueueHeaders(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(lines));
        FieldLists.Return(lines);
    }

    /// <summary>Never throws: the response tells, or <see cref="Fail"/>.</summary>
    private async Task SendContentAsync(HttpContent content, long? length, CancellationToken cancellationToken)
    {
        RequestContentStream body = new(this, length);
        try
        {
            if (_permission is not null && !await MayContinueAsync(_permission.Task).ConfigureAwait(false))
            {
                Stream.CloseWrite((long)Http3ErrorCode.RequestCancelled);
                return;
            }

            if (length is { } known)
            {
                Writer.QueueContent(known);
            }

            await content.CopyToAsync(body, cancellationToken).ConfigureAwait(false);
            await body.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // A server may stop a request and still answer it: the response counts. RFC 9114 §4.1.
            if (!body.HasFailed && e is not QuicException)
            {
                Fail(e);
            }
        }
        finally
        {
            EndWrite();
        }
    }

    private async Task<bool> MayContinueAsync(Task<bool> permission)
    {
        Task first = await Task.WhenAny(permission, Task.Delay(_options.Expect100ContinueTimeout, _session.Stopping)).ConfigureAwait(false);
        return first != permission || await permission.ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<HttpResponseMessage> ReceiveHeadAsync()
    {
        List<FieldLine> lines = FieldLists.Rent();
        ResponseHead head;
        int interim = 0;
        while (true)
        {
            lines.Clear();
            if (!await Reader.ReadHeadAsync(lines).ConfigureAwait(false))
            {
                throw new HttpRequestException(
                    HttpRequestError.ResponseEnded, $"The server ended stream {Stream.Id} without a response.");
            }

            head = ResponseHead.Read(lines);
            if (!head.IsInterim)
            {
                break;
            }

            if (head.Status == 100)
            {
                _permission?.TrySetResult(true);
            }

            if (++interim > MaxInterimResponses)
            {
                throw new Http3StreamException(Http3ErrorCode.ExcessiveLoad, "The server sends one interim response after the other.");
            }
        }

        // Who answers with an error without asking for the content does not want it.
        _permission?.TrySetResult(head.Status < 300);
        _requests.Remove(Stream.Id);
        HttpResponseMessage response = await CreateResponseAsync(head, lines).ConfigureAwait(false);
        FieldLists.Return(lines);
        return response;
    }

    private async ValueTask<HttpResponseMessage> CreateResponseAsync(ResponseHead head, List<FieldLine> lines)
    {
        bool isTunnel = IsConnect && head.Status is >= 200 and < 300;
        bool isEmpty = _request.Method == HttpMethod.Head || head.Status is 204 or 304;
        long contentLength = isEmpty ? 0 : head.ContentLength;
        Reader.BeginContent(isTunnel ? -1 : contentLength, isTunnel);
        HttpResponseMessage response = new((System.Net.HttpStatusCode)head.Status)
        {
            Version = System.Net.HttpVersion.Version30,
            RequestMessage = _request,
        };
        if (isTunnel)
        {
            response.Content = new ResponseContent(this, new Http3TunnelStream(this), contentLength);
        }
        else
        {
            if (IsConnect)
            {
                // Refused: nothing will go through.
                StreamEnd.Finish(Stream);
                EndWrite();
            }

            ResponseStream body = new(this, response);
            response.Content = new ResponseContent(this, body, contentLength);
            if (isEmpty)
            {
                await body.ReadAsync(Memory<byte>.Empty).ConfigureAwait(false);
            }
        }

        ResponseFields.Fill(response, lines, _options.ResponseHeaderEncodingSelector);
        return response;
    }

    private void EndHalf()
    {
        if (Interlocked.Decrement(ref _openHalves) == 0)
        {
            _requests.Remove(Stream.Id);
            StreamEnd.Release(Stream);
            _requests.End();
        }
    }
}
