using System.Globalization;

namespace Quiver.Protocol.Primitives;

/// <summary>The versions that this implementation speaks. Each is compatible with the other: RFC 9369 §4.</summary>
internal static class QuicVersions
{
    /// <summary>A message names so many versions of a peer's list at most.</summary>
    private const int MaxDescribed = 16;

    public static IReadOnlyList<QuicVersion> Spoken { get; } = [QuicVersion.V1, QuicVersion.V2];

    public static bool IsSpoken(uint version) => version is (uint)QuicVersion.V1 or (uint)QuicVersion.V2;

    /// <summary>For messages: <c>version 1</c>, and numbers for those that have no name here.</summary>
    public static string Describe(uint version) => version switch
    {
        (uint)QuicVersion.V1 => "version 1",
        (uint)QuicVersion.V2 => "version 2",
        _ => string.Create(CultureInfo.InvariantCulture, $"0x{version:x8}"),
    };

    public static string Describe(IEnumerable<uint> versions)
    {
        string text = string.Join(", ", versions.Take(MaxDescribed).Select(Describe));
        return text.Length > 0 ? text : "none";
    }

    public static string Describe(IEnumerable<QuicVersion> versions) => Describe(versions.Select(x => (uint)x));
}
