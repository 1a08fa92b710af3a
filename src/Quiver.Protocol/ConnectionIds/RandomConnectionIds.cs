using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.ConnectionIds;

/// <summary>Ids that mean nothing. RFC 9000 §5.1.</summary>
internal sealed class RandomConnectionIds(IRandomSource random, StatelessResetKey resetKey, int length = RandomConnectionIds.DefaultLength) : IConnectionIdSource
{
    /// <summary>Enough that guessing one is hopeless.</summary>
    public const int DefaultLength = 8;

    public int Length => length;

    public ConnectionId Create() => ConnectionId.Random(random, length);

    public StatelessResetToken TokenFor(in ConnectionId id) => resetKey.TokenFor(id);
}
