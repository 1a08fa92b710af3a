namespace Quiver.Protocol.FlowControl;

/// <summary>How much the peer lets us send, on one stream or on the connection. RFC 9000 §4.1. A value: part of its owner.</summary>
internal struct SendCredit(ulong limit)
{
    private const ulong NotReported = ulong.MaxValue;

    private ulong _reportedAt = NotReported;

    public ulong Limit { get; private set; } = limit;

    public ulong Used { get; private set; }

    public readonly ulong Available => Limit - Used;

    /// <summary>Whether the limit stops us and the peer has not been told so. RFC 9000 §4.1.</summary>
    public readonly bool ShouldReportBlocked => Available == 0 && _reportedAt != Limit;

    /// <summary>Takes a new limit; true if it is larger. A smaller one is ignored. RFC 9000 §4.1.</summary>
    public bool TryRaise(ulong limit)
    {
        if (limit <= Limit)
        {
            return false;
        }

        Limit = limit;
        return true;
    }

    public void Use(ulong bytes) => Used += bytes;

    public void OnBlockedReported() => _reportedAt = Limit;

    /// <summary>The report was lost: it is made again if it still holds.</summary>
    public void OnBlockedReportLost() => _reportedAt = NotReported;
}
