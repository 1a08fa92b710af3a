using System.CommandLine;

namespace Quiver.Tool.Commands;

/// <summary>An option whose value is a whole number within bounds.</summary>
internal static class CountOption
{
    public static Option<int> Create(string name, string description, int defaultValue, int min = 1, int max = int.MaxValue)
    {
        Option<int> option = new(name)
        {
            Description = description,
            HelpName = "N",
            DefaultValueFactory = _ => defaultValue,
        };
        option.Validators.Add(result =>
        {
            // A text that is no number has been reported by the parser.
            if (result.Errors.Any() || result.Tokens.Count == 0)
            {
                return;
            }

            int value = result.GetValueOrDefault<int>();
            if (value < min || value > max)
            {
                result.AddError(max == int.MaxValue ? $"{name} must be at least {min}." : $"{name} must be {min} to {max}.");
            }
        });
        return option;
    }
}
