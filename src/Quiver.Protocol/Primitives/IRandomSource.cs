namespace Quiver.Protocol.Primitives;

/// <summary>Where the core's random bytes come from: the operating system in production, a seed in simulation.</summary>
internal interface IRandomSource
{
    void Fill(Span<byte> destination);
}
