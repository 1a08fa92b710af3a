namespace Quiver.Protocol.Streams;

/// <summary>How many streams of one direction the peer may open; streams that ended give their credit back in batches. RFC 9000 §4.6.</summary>
internal sealed class IncomingStreamLimit(ulong concurrent)
{
    /// <summary>A MAX_STREAMS is due when this part of the limit has come back: an eighth.</summary>
    private const int BatchShift = 3;

    private readonly ulong _batch = concurrent >> BatchShift;
    private ulong _returned;
    private bool _isAskedFor;

    /// <summary>What the peer was told.</summary>
    public ulong Maximum { get; private set; } = concurrent;

    /// <summary>Streams that the peer has opened so far.</summary>
    public ulong Opened { get; set; }

    /// <summary>A batch has come back, or anything at all once the peer has nothing left: it need not say so. RFC 9000 §4.6.</summary>
    public bool IsUpdateDue => _isAskedFor || _returned > _batch || (_returned > 0 && Opened == Maximum);

    /// <summary>Streams that the peer may open now, told or to be told.</summary>
    public ulong Available => Maximum + _returned - Opened;

    /// <summary>Whether the peer has nothing left and nothing has come back.</summary>
    public bool IsUsedUp => Opened == Maximum && _returned == 0 && Maximum > 0;

    /// <summary>Whether the peer has said so, of the limit that holds. RFC 9000 §19.14.</summary>
    public bool IsPeerWaiting { get; private set; }

    /// <summary>A stream is gone: the peer may open another.</summary>
    public void Return() => _returned++;

    /// <summary>The peer says that it is out of streams: what has come back goes out at once.</summary>
    public void OnStreamsBlocked(ulong limit)
    {
        _isAskedFor |= _returned > 0;
        IsPeerWaiting |= limit == Maximum;
    }

    public ulong Update()
    {
        Maximum += _returned;
        _returned = 0;
        IsPeerWaiting = false;
        _isAskedFor = false;
        return Maximum;
    }

    public void OnUpdateLost(ulong maximum) => _isAskedFor |= maximum == Maximum;
}
