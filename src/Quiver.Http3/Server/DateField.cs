using System.Globalization;

namespace Quiver.Http3.Server;

/// <summary>The value of the Date field, made once a second. RFC 9110 §6.6.1.</summary>
internal static class DateField
{
    private static Cached s_cached = new(-1, string.Empty);

    public static string Now()
    {
        DateTime now = DateTime.UtcNow;
        long second = now.Ticks / TimeSpan.TicksPerSecond;
        Cached cached = Volatile.Read(ref s_cached);
        if (cached.Second != second)
        {
            cached = new Cached(second, now.ToString("R", CultureInfo.InvariantCulture));
            Volatile.Write(ref s_cached, cached);
        }

        return cached.Text;
    }

    private sealed record Cached(long Second, string Text);
}
