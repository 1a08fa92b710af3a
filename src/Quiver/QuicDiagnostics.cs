using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Quiver;

/// <summary>What the library tells about itself, for the whole process.</summary>
public static class QuicDiagnostics
{
    private static ILoggerFactory s_factory = NullLoggerFactory.Instance;
    private static ILogger s_logger = NullLogger.Instance;

    /// <summary>Where logs go, under the category <c>Quiver</c>. Default: nowhere. Set it before the first listener or connection.</summary>
    public static ILoggerFactory LoggerFactory
    {
        get => s_factory;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            s_factory = value;
            s_logger = value.CreateLogger("Quiver");
        }
    }

    /// <summary>
    /// Whether each stream, connection and listener remembers the stack that opened or accepted it, so that the log can name it when the
    /// application drops it undisposed. Costs some tens of microseconds and kilobytes each; default false, or true when the environment
    /// variable <c>QUIVER_CAPTURE_LEAK_STACKS</c> is 1. Holds for what is opened from now on.
    /// </summary>
    public static bool CaptureLeakStacks { get; set; } = Environment.GetEnvironmentVariable("QUIVER_CAPTURE_LEAK_STACKS") == "1";

    internal static ILogger Logger => s_logger;
}
