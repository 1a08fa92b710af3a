using System.Security.Cryptography;

namespace Quiver.Interop.Tests.Infrastructure;

/// <summary>The files that HTTP/3 tests move.</summary>
internal static class Http3Files
{
    public const string Small = "small.bin";
    public const int SmallLength = 1_000;

    public const string Large = "large.bin";
    public const int LargeLength = 5_000_000;

    private static readonly Lazy<(string Small, string Large)> s_hashes = new(Create);

    public static string SmallHash => s_hashes.Value.Small;

    public static string LargeHash => s_hashes.Value.Large;

    public static string HashOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static (string Small, string Large) Create()
    {
        Directory.CreateDirectory(Http3Peer.Www);
        return (Write(Small, SmallLength), Write(Large, LargeLength));
    }

    private static string Write(string name, int length)
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(length);
        File.WriteAllBytes(Path.Combine(Http3Peer.Www, name), bytes);
        return HashOf(bytes);
    }
}
