using System.Security.Cryptography;

namespace Quiver.Tool.Tests;

/// <summary>A folder that goes when disposed.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("quiver-test-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public static string Hash(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>A file of random bytes; returns its hash.</summary>
    public string CreateFile(string name, int length)
    {
        string path = this[name];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, RandomNumberGenerator.GetBytes(length));
        return Hash(path);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
