using System.Net.Http.Headers;
using System.Net.NetworkInformation;

namespace Quiver.Http3.Handler;

/// <summary>
/// Which origins said by Alt-Svc that they speak HTTP/3, and where (RFC 7838). An alternative that failed is left alone for
/// ten minutes, and when many fail, as where UDP is blocked, all are.
/// </summary>
internal sealed class AlternativeServices : IDisposable
{
    /// <summary>Origins that are remembered; servers fill this. When it is full, one that ends soonest goes.</summary>
    internal const int MaxOrigins = 1024;

    /// <summary>Failed alternatives from which on none is used for a while.</summary>
    internal const int MaxBlocked = 8;

    private const string AltSvcField = "Alt-Svc";
    private static readonly TimeSpan s_blockTime = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_maxAge = TimeSpan.FromDays(30);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly Dictionary<Origin, Known> _known = [];
    private readonly Dictionary<Route, DateTimeOffset> _blocked = [];
    private readonly NetworkAddressChangedEventHandler _onNetworkChange;
    private DateTimeOffset _offUntil;

    public AlternativeServices(TimeProvider time)
    {
        _time = time;

        // The framework's event must not hold a handler that was dropped undisposed.
        WeakReference<AlternativeServices> weak = new(this);
        NetworkAddressChangedEventHandler handler = null!; // Assigned next.
        handler = (_, _) =>
        {
            if (weak.TryGetTarget(out AlternativeServices? services))
            {
                services.OnNetworkChange();
            }
            else
            {
                NetworkChange.NetworkAddressChanged -= handler;
            }
        };
        _onNetworkChange = handler;
        NetworkChange.NetworkAddressChanged += handler;
    }

    public bool TryFind(Origin origin, out Route route)
    {
        lock (_lock)
        {
            DateTimeOffset now = _time.GetUtcNow();
            if (_known.TryGetValue(origin, out Known known) && now >= _offUntil)
            {
                route = known.Route;
                if (now < known.ExpiresAt)
                {
                    return !IsBlocked(route, now);
                }

                _known.Remove(origin);
            }
        }

        route = default;
        return false;
    }

    /// <summary>Takes the Alt-Svc fields of a response in.</summary>
    public void OnResponse(Origin origin, HttpResponseMessage response)
    {
        if (!response.Headers.NonValidated.TryGetValues(AltSvcField, out HeaderStringValues fields))
        {
            return;
        }

        List<AltSvcValue> values = [];
        foreach (string field in fields)
        {
            if (AltSvcParser.TryParse(field, values))
            {
                break; // "clear"
            }
        }

        Remember(origin, values, response.Headers.Age ?? TimeSpan.Zero);
    }

    /// <summary>The alternative did not work: it is not used for ten minutes.</summary>
    public void Block(Route route)
    {
        lock (_lock)
        {
            DateTimeOffset now = _time.GetUtcNow();
            foreach ((Route other, DateTimeOffset until) in _blocked)
            {
                if (until <= now)
                {
                    _blocked.Remove(other);
                }
            }

            _blocked[route] = now + s_blockTime;
            if (_blocked.Count >= MaxBlocked)
            {
                _blocked.Clear();
                _offUntil = now + s_blockTime;
            }
        }
    }

    public void Dispose() => NetworkChange.NetworkAddressChanged -= _onNetworkChange;

    internal void OnNetworkChange()
    {
        lock (_lock)
        {
            // RFC 7838 §2.2: what was learnt in one network need not hold in another, unless the server says so.
            foreach ((Origin origin, Known known) in _known)
            {
                if (!known.IsPersistent)
                {
                    _known.Remove(origin);
                }
            }

            _blocked.Clear();
            _offUntil = default;
        }
    }

    private void Remember(Origin origin, List<AltSvcValue> values, TimeSpan age)
    {
        lock (_lock)
        {
            DateTimeOffset now = _time.GetUtcNow();

            // RFC 7838 §3: the newest field replaces all that was known.
            _known.Remove(origin);
            foreach (AltSvcValue value in values)
            {
                TimeSpan left = (value.MaxAge < s_maxAge ? value.MaxAge : s_maxAge) - age;
                if (value.Protocol != "h3" || left <= TimeSpan.Zero)
                {
                    continue;
                }

                Route route = new(origin, value.Host.Length == 0 ? origin.Host : value.Host, value.Port);
                if (!IsBlocked(route, now))
                {
                    MakeRoom();
                    _known[origin] = new Known(route, now + left, value.IsPersistent);
                    return;
                }
            }
        }
    }

    private bool IsBlocked(Route route, DateTimeOffset now) => _blocked.TryGetValue(route, out DateTimeOffset until) && now < until;

    private void MakeRoom()
    {
        if (_known.Count >= MaxOrigins)
        {
            _known.Remove(_known.MinBy(k => k.Value.ExpiresAt).Key);
        }
    }

    private readonly record struct Known(Route Route, DateTimeOffset ExpiresAt, bool IsPersistent);
}
