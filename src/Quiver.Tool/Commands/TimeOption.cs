using System.CommandLine;
using System.Globalization;

namespace Quiver.Tool.Commands;

/// <summary>An option whose value is a time: <c>500us</c>, <c>1ms</c>, <c>10s</c>, <c>2m</c>.</summary>
internal static class TimeOption
{
    private static readonly (string Suffix, TimeSpan Unit)[] s_units =
    [
        ("us", TimeSpan.FromMicroseconds(1)), ("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)),
    ];

    public static Option<TimeSpan> Create(string name, string description, TimeSpan defaultValue) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        DefaultValueFactory = _ => defaultValue,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (TryParse(text, out TimeSpan value))
            {
                return value;
            }

            result.AddError($"'{text}' is not a time: give a number with us, ms, s or m.");
            return default;
        },
    };

    private static bool TryParse(string text, out TimeSpan value)
    {
        foreach ((string suffix, TimeSpan unit) in s_units)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal)
                && double.TryParse(text[..^suffix.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            {
                value = unit * number;
                return value > TimeSpan.Zero;
            }
        }

        value = default;
        return false;
    }
}
