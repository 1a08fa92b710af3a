namespace Quiver.Diagnostics;

/// <summary>What <see cref="CollectionPolicy"/> wants done.</summary>
internal enum CollectionStep
{
    /// <summary>Nothing now.</summary>
    None,

    /// <summary>A collection of the young generations: short, and what was dropped just now is there.</summary>
    Young,

    /// <summary>A full collection, in the background.</summary>
    Full,

    /// <summary>A full collection freed nothing: the application holds what is missing.</summary>
    GiveUp,
}
