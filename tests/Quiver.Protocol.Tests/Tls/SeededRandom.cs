using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Tests.Tls;

/// <summary>Random bytes that replay from a seed.</summary>
internal sealed class SeededRandom(int seed) : IRandomSource
{
    private readonly Random _random = new(seed);

    public void Fill(Span<byte> destination) => _random.NextBytes(destination);
}
