namespace Quiver.Tests.Diagnostics;

/// <summary>Tests of what the library has once for the process: nothing else runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessWide
{
    public const string Name = "process-wide";
}
