namespace Quiver.Interop;

/// <summary>What the interop runner understands.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;

    public const int Failed = 1;

    /// <summary>The test case is not supported: also for names that nobody knows, which the runner tries.</summary>
    public const int Unsupported = 127;
}
