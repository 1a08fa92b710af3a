using System.Reflection;
using System.Text.RegularExpressions;

namespace Quiver.Architecture.Tests;

/// <summary>Rules that only the source text shows.</summary>
public sealed partial class SourceTests
{
    private const string Interop = "Quiver/Sockets/Interop/";

    [Fact]
    public void Unsafe_code_and_native_calls_are_in_one_folder()
    {
        string[] others = [.. Repository.Sources("src")
            .Where(source => !source.Relative.StartsWith(Interop, StringComparison.Ordinal) && Unsafe().IsMatch(WithoutComments(source.Text)))
            .Select(source => source.Relative)];
        Assert.Empty(others);
    }

    [Fact]
    public void Native_methods_are_declared_in_one_namespace()
    {
        const BindingFlags all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        MethodInfo[] natives = [.. typeof(QuicConnection).Assembly.GetTypes().SelectMany(type => type.GetMethods(all))
            .Where(method => method.Attributes.HasFlag(MethodAttributes.PinvokeImpl))];
        Assert.NotEmpty(natives);
        Assert.All(natives, method => Assert.Equal("Quiver.Sockets.Interop", method.DeclaringType!.Namespace));
    }

    [Fact]
    public void A_file_is_named_after_its_one_type()
    {
        List<string> wrong = [];
        foreach ((string path, string text) in Repository.Sources("src"))
        {
            string[] types = [.. TopLevelType().Matches(text).Select(match => match.Groups[1].Value)];
            if (types.Length > 0 && (types.Length > 1 || types[0] != Path.GetFileNameWithoutExtension(path)))
            {
                wrong.Add($"{path}: {string.Join(", ", types)}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void A_namespace_is_a_folder()
    {
        List<string> wrong = [];
        foreach ((string path, string text) in Repository.Sources("src"))
        {
            string expected = path.Contains('/', StringComparison.Ordinal) ? path[..path.LastIndexOf('/')].Replace('/', '.') : string.Empty;
            if (Namespace().Match(text) is { Success: true } match && match.Groups[1].Value != expected)
            {
                wrong.Add($"{path}: {match.Groups[1].Value}");
            }
        }

        Assert.Empty(wrong);
    }

    private static string WithoutComments(string text) => Comment().Replace(text, string.Empty);

    [GeneratedRegex(@"\bunsafe\b|\[LibraryImport|\[DllImport|\bfixed \(")]
    private static partial Regex Unsafe();

    [GeneratedRegex(@"//[^\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"^(?:(?:public|internal|file|sealed|static|abstract|readonly|ref|partial|unsafe) )*(?:class|struct|interface|enum|record struct|record class|record) (\w+)", RegexOptions.Multiline)]
    private static partial Regex TopLevelType();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
