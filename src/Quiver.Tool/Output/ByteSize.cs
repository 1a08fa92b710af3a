using System.Globalization;

namespace Quiver.Tool.Output;

/// <summary>Numbers of bytes as people write and read them, in binary units.</summary>
internal static class ByteSize
{
    private static readonly string[] s_units = ["B", "KiB", "MiB", "GiB", "TiB"];

    public static bool TryParse(string text, out long size)
    {
        int digits = 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits]))
        {
            digits++;
        }

        size = 0;
        string unit = text[digits..].Trim();
        int shift = UnitShift(unit);
        if (shift < 0 || !long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ||
            number > long.MaxValue >> shift)
        {
            return false;
        }

        size = number << shift;
        return true;
    }

    public static string Format(long size)
    {
        double value = size;
        int unit = 0;
        while (value >= 1024 && unit < s_units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        string format = unit == 0 || value == Math.Floor(value) ? "0" : "0.0";
        return $"{value.ToString(format, CultureInfo.InvariantCulture)} {s_units[unit]}";
    }

    private static int UnitShift(string unit)
    {
        if (unit.Length == 0)
        {
            return 0;
        }

        // "K", "KB" and "KiB" all mean 1,024.
        int index = Array.FindIndex(s_units, name =>
            name.Equals(unit, StringComparison.OrdinalIgnoreCase) ||
            (name.Length > 1 && (unit.Equals(name[..1], StringComparison.OrdinalIgnoreCase) || unit.Equals($"{name[0]}B", StringComparison.OrdinalIgnoreCase))));
        return index * 10;
    }
}
