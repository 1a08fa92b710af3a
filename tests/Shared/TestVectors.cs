namespace Quiver.Testing;

/// <summary>Finds the shared test vectors, which lie in a <c>shared/vectors</c> folder above the repository.</summary>
internal static class TestVectors
{
    public static string Path(string relative)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string root = System.IO.Path.Combine(folder.FullName, "shared", "vectors");
            if (Directory.Exists(root))
            {
                return System.IO.Path.Combine(root, relative);
            }
        }

        throw new DirectoryNotFoundException($"No folder shared/vectors above {AppContext.BaseDirectory}.");
    }
}
