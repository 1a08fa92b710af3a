using System.Buffers;
using Quiver.Http3.Frames;
using Quiver.Http3.Sessions;

namespace Quiver.Http3.Server;

/// <summary>The server's side of one HTTP/3 connection: takes requests and gives each to the handler, until the connection ends.</summary>
internal sealed class ServerConnection
{
    /// <summary>No client can have opened a stream of this id: it says that more requests are not wanted. RFC 9114 §5.2.</summary>
    private const ulong MaxStreamId = (1ul << 62) - 4;

    /// <summary>How long requests that are under way get to arrive, at least and at most.</summary>
    private static readonly TimeSpan s_minNotice = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan s_maxNotice = TimeSpan.FromSeconds(1);

    private readonly ServerRequests _requests;

    public ServerConnection(QuicConnection connection, Http3ServerOptions options, Http3Settings settings)
    {
        Options = options;
        _requests = new ServerRequests(options.MaxConcurrentRequests);
        Session = new Http3Session(connection, settings);
    }

    public Http3ServerOptions Options { get; }

    public Http3Session Session { get; }

    /// <summary>Serves until the connection ends; then nothing of it is left.</summary>
    public async Task ServeAsync()
    {
        Session.Start(new ServerControl(Session, _requests), isServer: true, OnRequest, _requests);
        await Session.Ended.ConfigureAwait(false);
        await Session.Connection.DisposeAsync().ConfigureAwait(false);
        await _requests.WhenIdleAsync().ConfigureAwait(false);
    }

    /// <summary>Takes no more requests, in two steps so that none is lost, serves those that came, and closes. RFC 9114 §5.2.</summary>
    public async Task ShutdownAsync(CancellationToken cancellationToken)
    {
        SendGoAway(MaxStreamId);
        TimeSpan notice = Session.Connection.GetStatistics().SmoothedRtt * 2;
        notice = notice < s_minNotice ? s_minNotice : notice > s_maxNotice ? s_maxNotice : notice;
        await Task.WhenAny(Session.Ended, Task.Delay(notice, cancellationToken)).ConfigureAwait(false);
        SendGoAway((ulong)_requests.BeginDraining());
        await Task.WhenAny(Session.Ended, _requests.WhenIdleAsync()).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (!Session.Ended.IsCompleted)
        {
            await Session.Connection.CloseAsync((long)Http3ErrorCode.NoError, cancellationToken).ConfigureAwait(false);
        }
    }

    public void OnHandled() => _requests.OnHandled();

    public void Remove(ServerExchange exchange) => _requests.Remove(exchange.Stream.Id);

    private void OnRequest(QuicStream stream)
    {
        ServerExchange exchange = new(this, stream);
        if (!_requests.TryAdd(exchange, out Http3Priority? priority))
        {
            Reject(stream);
            return;
        }

        exchange.EarlyPriority = priority;

        // No code of the application on the loop that accepts.
        ThreadPool.UnsafeQueueUserWorkItem(exchange, preferLocal: false);
    }

    /// <summary>The client may send it again elsewhere. RFC 9114 §4.1.1.</summary>
    private void Reject(QuicStream stream)
    {
        StreamEnd.Abort(stream, Http3ErrorCode.RequestRejected);
        Session.Sections.OnStreamCancelled(stream.Id);
        try
        {
            Session.Budget.Spend("requests beyond the limit");
        }
        catch (Http3ProtocolException e)
        {
            Session.Fail(e);
        }
    }

    private void SendGoAway(ulong id)
    {
        ArrayBufferWriter<byte> frame = new(16);
        FrameWriter.WriteFrame(frame, FrameTypes.GoAway, id);
        Session.SendControl(frame.WrittenSpan);
    }
}
