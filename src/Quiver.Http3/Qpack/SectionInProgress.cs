namespace Quiver.Http3.Qpack;

/// <summary>What is known of the field section being encoded.</summary>
internal struct SectionInProgress(ulong @base, bool mayRefer, bool mayBlock)
{
    /// <summary>Insertions before it was begun: its references count from here. RFC 9204 §4.5.1.2.</summary>
    public ulong Base { get; } = @base;

    /// <summary>Whether it may refer to the dynamic table at all.</summary>
    public bool MayRefer { get; } = mayRefer;

    /// <summary>Whether it may refer to what the peer perhaps has not got yet.</summary>
    public bool MayBlock { get; } = mayBlock;

    public ulong OldestReference { get; private set; } = ulong.MaxValue;

    public ulong RequiredInsertCount { get; private set; }

    public void OnReference(ulong index)
    {
        OldestReference = Math.Min(OldestReference, index);
        RequiredInsertCount = Math.Max(RequiredInsertCount, index + 1);
    }
}
