namespace Quiver.Http3.Sessions;

/// <summary>
/// What a peer may do that is allowed and of no use to anybody: frames and streams of unknown types, cancelled requests, repeated
/// GOAWAYs, priority updates. A bucket of tokens; each such thing takes one, time and finished requests give some back. Thread-safe.
/// </summary>
internal sealed class WorkBudget
{
    /// <summary>Far above what a browser that leaves a page, or greases all it can, does at once.</summary>
    public const int Capacity = 2_000;

    /// <summary>Given back in each second: at this rate the cost is nothing.</summary>
    private const int PerSecond = 200;

    private readonly Lock _lock = new();
    private long _tokens = Capacity;
    private long _filledAt = Environment.TickCount64;

    /// <summary>Takes a token; throws H3_EXCESSIVE_LOAD when there is none.</summary>
    public void Spend(string what)
    {
        if (!TrySpend())
        {
            Http3ProtocolException.Throw(Http3ErrorCode.ExcessiveLoad, $"The peer makes work of no use to anybody, at last by {what}.");
        }
    }

    /// <summary>A request was served to its end.</summary>
    public void OnUseful()
    {
        lock (_lock)
        {
            _tokens = Math.Min(Capacity, _tokens + 1);
        }
    }

    private bool TrySpend()
    {
        lock (_lock)
        {
            long now = Environment.TickCount64;
            long earned = (now - _filledAt) * PerSecond / 1000;
            if (earned > 0)
            {
                _tokens = Math.Min(Capacity, _tokens + earned);
                _filledAt = now;
            }

            if (_tokens == 0)
            {
                return false;
            }

            _tokens--;
            return true;
        }
    }
}
