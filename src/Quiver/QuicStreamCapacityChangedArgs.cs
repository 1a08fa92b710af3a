namespace Quiver;

/// <summary>By how much the number of streams that we may open has grown. RFC 9000 §4.6.</summary>
public readonly struct QuicStreamCapacityChangedArgs
{
    /// <summary>How many more bidirectional streams may be opened.</summary>
    public int BidirectionalIncrement { get; init; }

    /// <summary>How many more unidirectional streams may be opened.</summary>
    public int UnidirectionalIncrement { get; init; }
}
