using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Quiver.AspNetCore.Diagnostics;

namespace Quiver.AspNetCore.Streams;

/// <summary>Who is told, once, that a stream has ended; Kestrel is one for each request. Thread-safe.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Without a timer there is nothing to dispose, and others may hold its token for ever.")]
internal sealed class ClosedCallbacks
{
    private readonly Lock _lock = new();
    private (Action<object?> Callback, object? State) _first;
    private List<(Action<object?> Callback, object? State)>? _others;
    private CancellationTokenSource? _token;
    private bool _isClosed;

    /// <summary>Cancelled at the end; made when somebody asks.</summary>
    public CancellationToken Token
    {
        get
        {
            lock (_lock)
            {
                if (_token is null)
                {
                    _token = new CancellationTokenSource();
                    if (_isClosed)
                    {
                        _token.Cancel();
                    }
                }

                return _token.Token;
            }
        }
    }

    /// <summary>Forgets everybody, for the next stream.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            _first = default;
            _others = null;
            _token = null;
            _isClosed = false;
        }
    }

    /// <summary>Calls at the end, or at once if that is over; true when it will be later.</summary>
    public bool Add(Action<object?> callback, object? state)
    {
        lock (_lock)
        {
            if (!_isClosed)
            {
                if (_first.Callback is null)
                {
                    _first = (callback, state);
                }
                else
                {
                    (_others ??= []).Add((callback, state));
                }

                return true;
            }
        }

        callback(state);
        return false;
    }

    public void Close(ILogger log, ServerStream stream)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            // Nobody is added any more.
            _isClosed = true;
        }

        Call(_first, log, stream);
        _others?.ForEach(other => Call(other, log, stream));
        try
        {
            _token?.Cancel();
        }
        catch (AggregateException e)
        {
            TransportLog.ClosedCallbackFailed(log, e, stream.ConnectionId);
        }
    }

    private static void Call((Action<object?> Callback, object? State) registered, ILogger log, ServerStream stream)
    {
        try
        {
            registered.Callback?.Invoke(registered.State);
        }
        catch (Exception e)
        {
            TransportLog.ClosedCallbackFailed(log, e, stream.ConnectionId);
        }
    }
}
