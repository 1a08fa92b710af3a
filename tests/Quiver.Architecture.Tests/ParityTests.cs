using System.Text.RegularExpressions;

namespace Quiver.Architecture.Tests;

/// <summary>docs/parity.md has every item of its areas, and every test that it names is there.</summary>
public sealed partial class ParityTests
{
    private static readonly int[] s_items = [.. Enumerable.Range(1, 51), .. Enumerable.Range(105, 20)];

    [Fact]
    public void Every_item_of_its_areas_has_one_row()
    {
        Assert.Equal(s_items, Rows().Select(row => row.Number).Order());
    }

    [Fact]
    public void Every_row_names_a_test_or_says_why_there_is_none()
    {
        Assert.All(Rows(), row => Assert.True(
            row.Ours.StartsWith("Exception: ", StringComparison.Ordinal) ? row.Ours.Length > 30 : TestName().IsMatch(row.Ours), $"{row.Number}: {row.Ours}"));
    }

    [Fact]
    public void Every_test_that_is_named_exists()
    {
        HashSet<string> tests = [.. Repository.Sources("tests").SelectMany(source => TestsIn(source.Text))];
        Assert.All(Rows(), row => Assert.All(TestName().Matches(row.Ours), name => Assert.Contains(name.Groups[1].Value, tests)));
    }

    /// <summary>The names of a file's tests, with their class.</summary>
    private static IEnumerable<string> TestsIn(string text)
    {
        string type = string.Empty;
        bool isTest = false;
        foreach (string line in text.Split('\n'))
        {
            if (TypeLine().Match(line) is { Success: true } declared)
            {
                type = declared.Groups[1].Value;
            }
            else if (AttributeLine().IsMatch(line))
            {
                isTest = true;
            }
            else if (MethodLine().Match(line) is { Success: true } method)
            {
                if (isTest)
                {
                    yield return $"{type}.{method.Groups[1].Value}";
                }

                isTest = false;
            }
        }
    }

    private static IEnumerable<(int Number, string Ours)> Rows() => RowLine()
        .Matches(File.ReadAllText(Repository.At("docs/parity.md")))
        .Select(row => (int.Parse(row.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), row.Groups[2].Value));

    [GeneratedRegex(@"^\| (\d+) \| [^|]+ \| ([^|]+) \|$", RegexOptions.Multiline)]
    private static partial Regex RowLine();

    [GeneratedRegex(@"`(\w+Tests\.\w+)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"^(?:public|internal) (?:sealed |static |abstract |partial )*class (\w+)")]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"^    \[(?:Fact|Theory)\b")]
    private static partial Regex AttributeLine();

    [GeneratedRegex(@"^    (?:public|internal) (?:async )?(?:Task|ValueTask|void) (\w+)\(")]
    private static partial Regex MethodLine();
}
