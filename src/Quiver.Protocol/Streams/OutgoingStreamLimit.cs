namespace Quiver.Protocol.Streams;

/// <summary>How many streams of one direction the peer lets us open. RFC 9000 §4.6.</summary>
internal sealed class OutgoingStreamLimit
{
    private ulong? _reportedAt;

    public ulong Maximum { get; private set; }

    public ulong Opened { get; private set; }

    /// <summary>Whether the application wanted a stream beyond the limit and the peer has not been told. RFC 9000 §19.14.</summary>
    public bool IsBlockedReportDue { get; private set; }

    /// <summary>Takes a MAX_STREAMS; returns by how much the limit grew (0: it did not).</summary>
    public ulong Raise(ulong maximum)
    {
        ulong increment = maximum > Maximum ? maximum - Maximum : 0;
        Maximum += increment;
        IsBlockedReportDue &= increment == 0;
        return increment;
    }

    public bool TryOpen(out ulong index)
    {
        index = Opened;
        if (Opened < Maximum)
        {
            Opened++;
            return true;
        }

        IsBlockedReportDue |= _reportedAt != Maximum;
        return false;
    }

    public void OnBlockedReported()
    {
        _reportedAt = Maximum;
        IsBlockedReportDue = false;
    }

    public void OnBlockedReportLost(ulong limit) => IsBlockedReportDue |= limit == Maximum && Opened == Maximum;
}
