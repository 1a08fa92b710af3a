namespace Quiver.Interop;

/// <summary>How a client spreads its requests over connections.</summary>
internal enum ConnectionUse
{
    /// <summary>All on one.</summary>
    One,

    /// <summary>One after the other, each on its own.</summary>
    OneForEach,

    /// <summary>The first on one, the rest on another that resumes its session.</summary>
    Resumed,

    /// <summary>As <see cref="Resumed"/>, and the rest as early data.</summary>
    EarlyData,
}
