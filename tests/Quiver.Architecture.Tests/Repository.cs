namespace Quiver.Architecture.Tests;

/// <summary>The sources that this test was built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string At(string relative) => Path.Combine(Root, relative);

    /// <summary>The C# files below a folder, with their paths relative to it.</summary>
    public static IEnumerable<(string Relative, string Text)> Sources(string folder)
    {
        string root = At(folder);
        foreach (string path in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            yield return (Path.GetRelativePath(root, path).Replace('\\', '/'), File.ReadAllText(path));
        }
    }

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Quiver.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No Quiver.slnx above {AppContext.BaseDirectory}.");
    }
}
