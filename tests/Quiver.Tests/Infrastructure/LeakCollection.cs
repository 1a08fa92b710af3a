namespace Quiver.Tests.Infrastructure;

/// <summary>Tests that look at what is counted for the whole process, or force collections: one by one, and without others.</summary>
[CollectionDefinition("Leaks are counted for the whole process", DisableParallelization = true)]
public sealed class LeakCollection;
