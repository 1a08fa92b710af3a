using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Quiver.Architecture.Tests;

/// <summary>Arrows between assemblies go down only.</summary>
public sealed partial class AssemblyDirectionTests
{
    [Theory]
    [InlineData("Quiver.Protocol")]
    [InlineData("Quiver", "Quiver.Protocol")]
    [InlineData("Quiver.Http3", "Quiver")]
    [InlineData("Quiver.AspNetCore", "Quiver.Http3")]
    [InlineData("Quiver.Tool", "Quiver", "Quiver.Http3")]
    [InlineData("Quiver.Interop", "Quiver.Tool")]
    public void A_project_references_only_what_is_below_it(string project, params string[] below)
    {
        XDocument file = XDocument.Load(Repository.At($"src/{project}/{project}.csproj"));
        string[] references = [.. file.Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')))];
        Assert.Equal(below, references);
    }

    /// <summary>The machine's limit is measured with the library's own sockets and keys; all else in the tool is what any user could write.</summary>
    [Fact]
    public void The_tool_uses_the_public_API_but_for_the_machine_limit()
    {
        string[] others = [.. Repository.Sources("src/Quiver.Tool")
            .Where(source => InternalUsing().IsMatch(source.Text) && !Path.GetFileName(source.Relative).StartsWith("Limit", StringComparison.Ordinal))
            .Select(source => source.Relative)];
        Assert.Empty(others);
    }

    [GeneratedRegex(@"^using Quiver\.(?!Tool\b|Http3;)", RegexOptions.Multiline)]
    private static partial Regex InternalUsing();
}
