using System.Text.Json;

namespace Quiver.Protocol.Tests.Crypto;

/// <summary>Test vectors of Project Wycheproof, from the folder of shared vectors beside the repository.</summary>
internal static class Wycheproof
{
    /// <summary>All tests of a file, in all of its groups.</summary>
    public static IReadOnlyList<JsonElement> Read(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(FindVectors(), "wycheproof", file)));
        return
        [
            .. document.RootElement.GetProperty("testGroups").EnumerateArray()
                .SelectMany(group => group.GetProperty("tests").EnumerateArray())
                .Select(test => test.Clone()),
        ];
    }

    public static string Name(JsonElement test) => $"tcId {test.GetProperty("tcId").GetInt32()}";

    public static string Result(JsonElement test) => test.GetProperty("result").GetString()!;

    public static byte[] Bytes(JsonElement test, string property) => Convert.FromHexString(test.GetProperty(property).GetString()!);

    private static string FindVectors()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string vectors = Path.Combine(folder.FullName, "shared", "vectors");
            if (Directory.Exists(vectors))
            {
                return vectors;
            }
        }

        throw new DirectoryNotFoundException("No folder above the tests holds shared/vectors.");
    }
}
