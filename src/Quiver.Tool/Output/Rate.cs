using System.Globalization;

namespace Quiver.Tool.Output;

/// <summary>Rates and times as people read them.</summary>
internal static class Rate
{
    public static string OfBytes(long bytes, TimeSpan elapsed) => OfBits(BitsPerSecond(bytes, elapsed));

    public static string OfBits(double bitsPerSecond) => bitsPerSecond switch
    {
        >= 1e9 => string.Create(CultureInfo.InvariantCulture, $"{bitsPerSecond / 1e9:0.00} Gbit/s"),
        >= 1e6 => string.Create(CultureInfo.InvariantCulture, $"{bitsPerSecond / 1e6:0.0} Mbit/s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bitsPerSecond / 1e3:0.0} kbit/s"),
    };

    public static string OfTime(TimeSpan time) => time.TotalMicroseconds switch
    {
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMicroseconds:0.0} µs"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.00} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s"),
    };

    public static string OfCount(double perSecond) => perSecond.ToString("#,0", CultureInfo.InvariantCulture);

    private static double BitsPerSecond(long bytes, TimeSpan elapsed) => elapsed > TimeSpan.Zero ? bytes * 8 / elapsed.TotalSeconds : 0;
}
