using System.CommandLine;
using System.Globalization;
using Quiver.Tool.Get;
using Quiver.Tool.Output;

namespace Quiver.Tool.Commands;

/// <summary>An option whose value is a number of bytes (<c>1MiB</c>, 0 too) or a time (<c>200ms</c>).</summary>
internal static class MigrateAfterOption
{
    private const string Milliseconds = "ms";

    /// <summary>A day is more than anybody waits for.</summary>
    private const int MaxMilliseconds = 86_400_000;

    public static Option<MigrateAfter?> Create(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "SIZE|TIME",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (text.EndsWith(Milliseconds, StringComparison.Ordinal)
                && int.TryParse(text[..^Milliseconds.Length], NumberStyles.None, CultureInfo.InvariantCulture, out int milliseconds)
                && milliseconds <= MaxMilliseconds)
            {
                return new MigrateAfter(null, TimeSpan.FromMilliseconds(milliseconds));
            }

            if (ByteSize.TryParse(text, out long size))
            {
                return new MigrateAfter(size, null);
            }

            result.AddError($"'{text}' is neither a size, such as 1MiB, nor a time, such as 200ms.");
            return null;
        },
    };
}
