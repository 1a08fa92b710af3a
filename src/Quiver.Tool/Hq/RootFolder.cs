namespace Quiver.Tool.Hq;

/// <summary>
/// The folder that is served. Paths from the network name files below it and nothing else: no <c>..</c>, and no symbolic link that
/// leads outside.
/// </summary>
internal sealed class RootFolder
{
    private const int MaxLinks = 40;

    private readonly string _root;

    public RootFolder(string path)
    {
        FullPath = System.IO.Path.GetFullPath(path);
        _root = ResolveLinks(FullPath) ?? FullPath;
    }

    public string FullPath { get; }

    /// <summary>The real path of an existing file, or null: not there, not a file, or not ours to give.</summary>
    public string? Find(string requestPath)
    {
        int query = requestPath.IndexOf('?', StringComparison.Ordinal);
        string path = Uri.UnescapeDataString(query < 0 ? requestPath : requestPath[..query]);
        string[] segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (segments.Length == 0 || path.EndsWith('/') || Array.Exists(segments, IsForbidden))
        {
            return null;
        }

        string? real = ResolveLinks(System.IO.Path.Combine([_root, .. segments]));
        return real is not null && IsBelowRoot(real) && File.Exists(real) ? real : null;
    }

    private static bool IsForbidden(string segment) =>
        segment is "." or ".." || segment.AsSpan().IndexOfAny('\\', '\0') >= 0 || (OperatingSystem.IsWindows() && segment.Contains(':', StringComparison.Ordinal));

    private bool IsBelowRoot(string path)
    {
        string prefix = System.IO.Path.EndsInDirectorySeparator(_root) ? _root : _root + System.IO.Path.DirectorySeparatorChar;
        return path.StartsWith(prefix, OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);
    }

    /// <summary>The path without symbolic links in any of its parts; null when they go round in circles or nothing is there.</summary>
    private static string? ResolveLinks(string path)
    {
        string root = System.IO.Path.GetPathRoot(path)!; // Full paths have one.
        string current = root;
        Stack<string> rest = new(path[root.Length..].Split(System.IO.Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse());
        int links = 0;
        while (rest.TryPop(out string? segment))
        {
            string next = System.IO.Path.Combine(current, segment);
            FileSystemInfo entry = Directory.Exists(next) ? new DirectoryInfo(next) : new FileInfo(next);
            if (!entry.Exists || entry.LinkTarget is not { } target)
            {
                if (!entry.Exists)
                {
                    return null;
                }

                current = next;
                continue;
            }

            if (++links > MaxLinks)
            {
                return null;
            }

            string full = System.IO.Path.GetFullPath(target, current);
            current = System.IO.Path.GetPathRoot(full)!; // As above.
            foreach (string part in full[current.Length..].Split(System.IO.Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                rest.Push(part);
            }
        }

        return current;
    }
}
