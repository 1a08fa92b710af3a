using System.Reflection;
using System.Text.RegularExpressions;
using Quiver.Protocol.Connections;

namespace Quiver.Architecture.Tests;

/// <summary>A folder of the core uses only those above it in this list.</summary>
public sealed partial class FolderDirectionTests
{
    private const string Prefix = "Quiver.Protocol.";

    private static readonly string[] s_order =
    [
        "Primitives", "Buffers", "Frames", "TransportParameters", "Crypto", "Packets", "Tls", "Congestion", "Recovery", "FlowControl", "Streams", "Datagrams",
        "Datagrams", "ConnectionIds", "Tokens", "Paths", "Connections", "Endpoints", "Events",
    ];

    [Fact]
    public void Every_folder_has_its_place()
    {
        IEnumerable<string> folders = Directory.EnumerateDirectories(Repository.At("src/Quiver.Protocol"))
            .Where(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).Any())
            .Select(folder => Path.GetFileName(folder));
        Assert.All(folders, folder => Assert.Contains(folder, s_order));
    }

    [Fact]
    public void Fields_signatures_and_locals_point_upwards()
    {
        Assembly core = typeof(Connection).Assembly;
        string[] wrong = [.. core.GetTypes().SelectMany(type => TypeUse.Of(type)
            .Where(use => use.Used.Assembly == core && IsWrong(FolderOf(type.Namespace), FolderOf(use.Used.Namespace)))
            .Select(use => $"{use.By} uses {use.Used}")).Distinct()];
        Assert.Empty(wrong);
    }

    [Fact]
    public void Using_directives_and_qualified_names_point_upwards()
    {
        List<string> wrong = [];
        foreach ((string path, string text) in Repository.Sources("src/Quiver.Protocol"))
        {
            foreach (Match mention in Mention().Matches(text))
            {
                if (IsWrong(path.Split('/')[0], mention.Groups[1].Value))
                {
                    wrong.Add($"{path} mentions {mention.Value}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    private static string? FolderOf(string? name) =>
        name is not null && name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..].Split('.')[0] : null;

    private static bool IsWrong(string? from, string? to) =>
        from is not null && to is not null && Array.IndexOf(s_order, to) is >= 0 and var place && place > Array.IndexOf(s_order, from);

    [GeneratedRegex(@"\bQuiver\.Protocol\.(\w+)")]
    private static partial Regex Mention();
}
