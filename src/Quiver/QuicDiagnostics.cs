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

    internal static ILogger Logger => s_logger;
}
