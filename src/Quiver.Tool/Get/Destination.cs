using Quiver.Tool.Commands;

namespace Quiver.Tool.Get;

/// <summary>Which file each URL goes to.</summary>
internal static class Destination
{
    public const string StandardOutput = "-";

    /// <summary>The file's path, or <see cref="StandardOutput"/>.</summary>
    public static string For(Uri url, string? output, bool isOnlyUrl)
    {
        if (output == StandardOutput)
        {
            return StandardOutput;
        }

        bool isFolder = output is null || Directory.Exists(output) || Path.EndsInDirectorySeparator(output) || !isOnlyUrl;
        return isFolder ? Path.Combine(output ?? ".", NameOf(url)) : output!; // Not a folder, so not null.
    }

    /// <summary>The last part of the URL's path, which must not lead anywhere else.</summary>
    private static string NameOf(Uri url)
    {
        string name = Uri.UnescapeDataString(url.AbsolutePath[(url.AbsolutePath.LastIndexOf('/') + 1)..]);
        if (name is "" or "." or ".." || name.AsSpan().IndexOfAny('/', '\\', '\0') >= 0)
        {
            throw new UsageException($"{url} names no file: say where it shall go with -o FILE.");
        }

        return name;
    }
}
