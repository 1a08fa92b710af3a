using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Quiver.Diagnostics;

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

    /// <summary>
    /// Whether the library may ask for garbage collections when the peer, or this side, can open no more streams while streams may have been
    /// dropped undisposed: a stalled connection allocates nothing, so that no collection would come by itself and none of them would be
    /// ended. They are asked for sparingly: a young one first, at most a tenth of the time (half, while each one frees streams), and ever more
    /// rarely when they free nothing.
    /// Default true, unless the AppContext switch <c>Quiver.RequestCollections</c> is off.
    /// </summary>
    public static bool RequestCollections { get; set; } =
        !AppContext.TryGetSwitch("Quiver.RequestCollections", out bool isEnabled) || isEnabled;

    /// <summary>
    /// How long opening streams must have stalled before a collection is asked for; ten times as long when the peer is out of credit but has
    /// not said that it wants more (STREAMS_BLOCKED, RFC 9000 §19.14). While collections are found to help, the next comes sooner. Default 100 ms.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is not positive, or more than a day.</exception>
    public static TimeSpan StarvationTimeout
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromDays(1));
            field = value;
        }
    } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How many streams of one connection may be in one half-state before the log warns, once until half of them are gone. Default 1,000;
    /// 0 switches it off.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public static int StreamWarningCount
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    } = 1_000;

    /// <summary>
    /// How long the application may leave a stream half ended, unread or not accepted, with no operation pending on it, before the log
    /// warns, once for each connection and half-state until no stream is so old. Streams with both halves open may be left for as long as
    /// they live. Default one minute; <see cref="Timeout.InfiniteTimeSpan"/> switches it off.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is zero, or negative and not infinite.</exception>
    public static TimeSpan StreamWarningAge
    {
        get;
        set
        {
            if (value <= TimeSpan.Zero && value != Timeout.InfiniteTimeSpan)
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "The age must be positive, or Timeout.InfiniteTimeSpan.");
            }

            field = value;
        }
    } = TimeSpan.FromMinutes(1);

    internal static ILogger Logger => s_logger;

    internal static bool IsLogging => !ReferenceEquals(s_factory, NullLoggerFactory.Instance);

    /// <summary>
    /// The live connections of the process with their live streams. Takes the lock of each connection for the moment that reading it takes,
    /// some ten nanoseconds a stream; meant for people who look, not for every request.
    /// </summary>
    public static IReadOnlyList<QuicConnectionSnapshot> Snapshot() => [.. LiveConnections.List().Select(ConnectionReader.ReadSnapshot)];
}
