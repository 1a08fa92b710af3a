using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Endpoints;

/// <summary>
/// A token bucket: so many at once, then one each interval. For answers to anybody's datagrams, which must not become a load of their own.
/// For one thread.
/// </summary>
internal sealed class RateLimit(int burst, TimeSpan interval)
{
    // When the bucket will be full again.
    private Timestamp _fullAt;

    public bool TryTake(Timestamp now)
    {
        Timestamp from = Timestamp.Max(_fullAt, now);
        if (from - now > (burst - 1) * interval)
        {
            return false;
        }

        _fullAt = from + interval;
        return true;
    }
}
