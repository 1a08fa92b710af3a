namespace Quiver.Protocol.Primitives;

/// <summary>The versions that this implementation speaks.</summary>
internal static class QuicVersions
{
    public static IReadOnlyList<QuicVersion> Spoken { get; } = [QuicVersion.V1, QuicVersion.V2];

    public static bool IsSpoken(uint version) => version is (uint)QuicVersion.V1 or (uint)QuicVersion.V2;
}
