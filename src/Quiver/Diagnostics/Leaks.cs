using System.Diagnostics;

namespace Quiver.Diagnostics;

/// <summary>
/// Handles that the application dropped while there was still something to end, for the whole process: counted, and told to the log.
/// </summary>
internal static class Leaks
{
    private static readonly long[] s_counts = new long[Enum.GetValues<LeakKind>().Length];

    public static long Count(LeakKind kind) => Volatile.Read(ref s_counts[(int)kind]);

    /// <summary>One more; <paramref name="openedAt"/> is where the application got it, if that was captured. Never blocks, runs no foreign code.</summary>
    public static void Report(LeakKind kind, StackTrace? openedAt)
    {
        Interlocked.Increment(ref s_counts[(int)kind]);
        LeakLog.Shared.Add(kind, openedAt);
    }

    /// <summary>
    /// The caller's stack if <see cref="QuicDiagnostics.CaptureLeakStacks"/> is on; null otherwise. With our own frames: how many there are
    /// depends on what was inlined, and skipping one too many would lose the application's.
    /// </summary>
    public static StackTrace? CaptureStack() => QuicDiagnostics.CaptureLeakStacks ? new StackTrace(fNeedFileInfo: true) : null;
}
