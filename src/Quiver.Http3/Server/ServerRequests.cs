using Quiver.Http3.Datagrams;

namespace Quiver.Http3.Server;

/// <summary>
/// The requests of one server connection: which are being served, what was said about those to come, and whether more are taken. Thread-safe.
/// </summary>
internal sealed class ServerRequests(int maxConcurrent) : IDatagramTargets
{
    /// <summary>Bits of a stream id that are not its number. RFC 9000 §2.1.</summary>
    private const int IdStep = 4;

    /// <summary>
    /// Handlers that may run at once, in terms of the streams that a client may have open: a stream that the client cancelled is over before its
    /// handler is, and a client that begins another at once does no wrong.
    /// </summary>
    private const int MaxHandlersPerStream = 2;

    private readonly Lock _lock = new();
    private readonly Dictionary<long, ServerExchange> _active = [];

    /// <summary>Of streams that have not come yet. RFC 9218 §7.</summary>
    private readonly Dictionary<long, Http3Priority> _priorities = [];
    private TaskCompletionSource? _idle;
    private long _next;
    private int _running;
    private bool _isDraining;

    /// <summary>Counts a request in; false: it is rejected, as there are too many, or the connection is going away.</summary>
    public bool TryAdd(ServerExchange exchange, out Http3Priority? priority)
    {
        lock (_lock)
        {
            long id = exchange.Stream.Id;
            priority = _priorities.Remove(id, out Http3Priority early) ? early : null;
            if ((_isDraining && id >= _next) || _running >= MaxHandlersPerStream * maxConcurrent)
            {
                return false;
            }

            _next = Math.Max(_next, id + IdStep);
            _active.Add(id, exchange);
            _running++;
            return true;
        }
    }

    /// <summary>The handler has returned; with the end of its response the client may begin another request.</summary>
    public void OnHandled()
    {
        lock (_lock)
        {
            _running--;
        }
    }

    public void Remove(long streamId)
    {
        TaskCompletionSource? idle = null;
        lock (_lock)
        {
            _active.Remove(streamId);
            if (_active.Count == 0)
            {
                idle = _idle;
                _idle = null;
            }
        }

        idle?.TrySetResult();
    }

    public DatagramTarget Locate(long streamId)
    {
        lock (_lock)
        {
            return _active.TryGetValue(streamId, out ServerExchange? exchange)
                ? exchange.MayTakeDatagrams ? DatagramTarget.ToCome : DatagramTarget.NoDatagrams
                : streamId >= _next ? DatagramTarget.ToCome : DatagramTarget.Gone;
        }
    }

    public void Refuse(long streamId)
    {
        ServerExchange? exchange;
        lock (_lock)
        {
            _active.TryGetValue(streamId, out exchange);
        }

        exchange?.Abort(Http3ErrorCode.DatagramError);
    }

    public void OnPriorityUpdate(ulong streamId, Http3Priority priority)
    {
        ServerExchange? exchange;
        lock (_lock)
        {
            if (streamId >= (ulong)(_next + (2L * IdStep * maxConcurrent)))
            {
                // RFC 9218 §7.2: beyond what the client may open. Twice that, as what it may open grows before we are told.
                Http3ProtocolException.Throw(Http3ErrorCode.IdError, $"A PRIORITY_UPDATE is about stream {streamId}, beyond the limit of streams.");
            }

            long id = (long)streamId;
            if (!_active.TryGetValue(id, out exchange) && id >= _next)
            {
                // No more than the streams that may come.
                _priorities[id] = priority;
            }
        }

        exchange?.OnPriorityUpdate(priority);
    }

    /// <summary>No request from the returned id on is taken. RFC 9114 §5.2.</summary>
    public long BeginDraining()
    {
        lock (_lock)
        {
            _isDraining = true;
            return _next;
        }
    }

    /// <summary>Completes when nothing is being served.</summary>
    public Task WhenIdleAsync()
    {
        lock (_lock)
        {
            return _active.Count == 0
                ? Task.CompletedTask
                : (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }
}
