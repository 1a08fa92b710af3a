namespace Quiver.Protocol.Streams;

/// <summary>How many streams of one direction the peer may open; streams that ended give their credit back in batches. RFC 9000 §4.6.</summary>
internal sealed class IncomingStreamLimit(ulong concurrent)
{
    /// <summary>A MAX_STREAMS is due when this part of the limit has come back: an eighth.</summary>
    private const int BatchShift = 3;

    private readonly ulong _batch = concurrent >> BatchShift;
    private ulong _returned;

    /// <summary>What the peer was told.</summary>
    public ulong Maximum { get; private set; } = concurrent;

    /// <summary>Streams that the peer has opened so far.</summary>
    public ulong Opened { get; set; }

    public bool IsUpdateDue { get; private set; }

    /// <summary>A stream is gone: the peer may open another.</summary>
    public void Return()
    {
        _returned++;
        IsUpdateDue |= _returned > _batch;
    }

    /// <summary>The peer says that it is out of streams: what has come back goes out at once.</summary>
    public void OnStreamsBlocked() => IsUpdateDue |= _returned > 0;

    public ulong Update()
    {
        Maximum += _returned;
        _returned = 0;
        IsUpdateDue = false;
        return Maximum;
    }

    public void OnUpdateLost(ulong maximum) => IsUpdateDue |= maximum == Maximum;
}
