namespace Quiver.Http3.Qpack;

/// <summary>What came of a field section.</summary>
internal enum SectionResult
{
    /// <summary>All lines are there.</summary>
    Complete,

    /// <summary>It needs insertions that have not come.</summary>
    Blocked,

    /// <summary>Its lines are larger than the limit; decoding stopped there. RFC 9114 §4.2.2.</summary>
    TooLarge,
}
