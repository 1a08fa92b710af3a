using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Quiver.Validation;

/// <summary>Checks of option values; the message names the property and its allowed values.</summary>
internal static class Require
{
    public static void InRange(
        string argumentName, long value, long max, [CallerArgumentExpression(nameof(value))] string? property = null)
    {
        if (value < 0 || value > max)
        {
            throw new ArgumentOutOfRangeException(argumentName, value, $"'{property}' must be set to a value from 0 to {max}.");
        }
    }

    public static void PowerOfTwo(
        string argumentName, int value, [CallerArgumentExpression(nameof(value))] string? property = null)
    {
        if (value <= 0 || !int.IsPow2(value))
        {
            throw new ArgumentOutOfRangeException(argumentName, value, $"'{property}' must be a power of two.");
        }
    }

    public static void NotNegative(
        string argumentName, TimeSpan value, [CallerArgumentExpression(nameof(value))] string? property = null)
    {
        if (value < TimeSpan.Zero && value != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(
                argumentName, value, $"'{property}' must be zero, positive, or Timeout.InfiniteTimeSpan.");
        }
    }

    public static void Versions(string argumentName, IReadOnlyList<QuicVersion> versions)
    {
        if (versions.Count == 0 || !versions.All(Enum.IsDefined) || versions.Distinct().Count() != versions.Count)
        {
            throw new ArgumentOutOfRangeException(
                argumentName, string.Join(", ", versions), $"'Versions' must list one or more of the {nameof(QuicVersion)} values, each once.");
        }
    }

    public static void NotNull(
        string argumentName, [NotNull] object? value, [CallerArgumentExpression(nameof(value))] string? property = null)
    {
        if (value is null)
        {
            throw new ArgumentNullException(argumentName, $"'{property}' must be set.");
        }
    }
}
