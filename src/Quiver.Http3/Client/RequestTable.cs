using Quiver.Http3.Datagrams;

namespace Quiver.Http3.Client;

/// <summary>
/// The requests of one client connection: how many are there, which wait for a response, and whether more may come. Those with a response
/// are counted and not held, so that a response nobody holds can be collected. Thread-safe.
/// </summary>
internal sealed class RequestTable(Action stateChanged) : IDatagramTargets
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, ClientExchange> _waiting = [];
    private TaskCompletionSource? _idle;
    private int _active;
    private ulong _goAway = ulong.MaxValue;
    private bool _isClosed;

    public int Active => Volatile.Read(ref _active);

    /// <summary>Whether new requests are taken: no GOAWAY came, nobody has closed the connection, and it lives.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_lock)
            {
                return !_isClosed && _goAway == ulong.MaxValue;
            }
        }
    }

    /// <summary>Counts a request in; false when none are taken.</summary>
    public bool TryBegin()
    {
        bool wasIdle;
        lock (_lock)
        {
            if (_isClosed || _goAway != ulong.MaxValue)
            {
                return false;
            }

            wasIdle = _active++ == 0;
        }

        if (wasIdle)
        {
            stateChanged();
        }

        return true;
    }

    /// <summary>The request has its stream; false when a GOAWAY has said that the server will not process it.</summary>
    public bool TryAdd(long streamId, ClientExchange exchange)
    {
        lock (_lock)
        {
            if ((ulong)streamId >= _goAway)
            {
                return false;
            }

            _waiting.Add(streamId, exchange);
            return true;
        }
    }

    /// <summary>The request waits for a response no longer.</summary>
    public void Remove(long streamId)
    {
        lock (_lock)
        {
            _waiting.Remove(streamId);
        }
    }

    /// <summary>Those that have a response are not known here: their datagrams are dropped.</summary>
    public DatagramTarget Locate(long streamId) => Find(streamId) switch
    {
        null => DatagramTarget.Gone,
        { IsConnect: true } => DatagramTarget.ToCome,
        _ => DatagramTarget.NoDatagrams,
    };

    public void Refuse(long streamId) => Find(streamId)?.OnDatagram();

    /// <summary>Counts a request out.</summary>
    public void End()
    {
        TaskCompletionSource? idle = null;
        bool isIdle;
        lock (_lock)
        {
            isIdle = --_active == 0;
            if (isIdle)
            {
                idle = _idle;
                _idle = null;
            }
        }

        if (isIdle)
        {
            idle?.TrySetResult();
            stateChanged();
        }
    }

    /// <summary>The server processes no request from the id on. RFC 9114 §5.2.</summary>
    public void OnGoAway(ulong id)
    {
        List<ClientExchange> rejected = [];
        lock (_lock)
        {
            if (id > _goAway)
            {
                // RFC 9114 §5.2: it may only become smaller.
                Http3ProtocolException.Throw(Http3ErrorCode.IdError, $"A GOAWAY with id {id} follows one with {_goAway}.");
            }

            _goAway = id;
            foreach ((long streamId, ClientExchange exchange) in _waiting)
            {
                if ((ulong)streamId >= id)
                {
                    rejected.Add(exchange);
                }
            }
        }

        foreach (ClientExchange exchange in rejected)
        {
            exchange.OnGoAway();
        }

        stateChanged();
    }

    /// <summary>No more requests. Completes when those that are there have ended.</summary>
    public Task CloseAsync()
    {
        Task idle;
        lock (_lock)
        {
            _isClosed = true;
            idle = _active == 0
                ? Task.CompletedTask
                : (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        stateChanged();
        return idle;
    }

    private ClientExchange? Find(long streamId)
    {
        lock (_lock)
        {
            return _waiting.GetValueOrDefault(streamId);
        }
    }
}
