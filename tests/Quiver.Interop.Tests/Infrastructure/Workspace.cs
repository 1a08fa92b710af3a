namespace Quiver.Interop.Tests.Infrastructure;

/// <summary>Where things are: this repository, the peers' scripts beside it, the installed peers, and a place for files.</summary>
internal static class Workspace
{
    /// <summary>The directory of Quiver.slnx.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>../shared/peers.</summary>
    public static string SharedPeers { get; } = Path.GetFullPath(Path.Combine(Repository, "..", "shared", "peers"));

    /// <summary>The peers that take orders: see the README there.</summary>
    public static string OwnPeers { get; } = Path.Combine(Repository, "tests", "Quiver.Interop.Tests", "Peers");

    /// <summary>Where ../shared/peers/install.sh put binaries and node_modules.</summary>
    public static string Installed { get; } = FindInstalled();

    /// <summary>The tool, built beside these tests.</summary>
    public static string Tool { get; } = Path.Combine(
        Repository, "artifacts", "bin", "Quiver.Tool", new DirectoryInfo(AppContext.BaseDirectory).Name, "Quiver.Tool");

    /// <summary>Files of this run; removed at its end.</summary>
    public static string Scratch { get; } = CreateScratch();

    private static string FindRepository()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Quiver.slnx")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new DirectoryNotFoundException("No Quiver.slnx above " + AppContext.BaseDirectory);
    }

    private static string FindInstalled()
    {
        if (Environment.GetEnvironmentVariable("PEERS") is { Length: > 0 } given)
        {
            return given;
        }

        string cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set
            ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(cache, "quic-peers");
    }

    private static string CreateScratch()
    {
        string path = Directory.CreateTempSubdirectory("quiver-interop-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            try
            {
                Directory.Delete(path, recursive: true);
            }
            catch (IOException)
            {
                // A peer that is still ending may hold a file; /tmp is emptied by others too.
            }
        };
        return path;
    }
}
