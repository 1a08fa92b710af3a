using Quiver.Protocol.Primitives;

namespace Quiver.Simulation.Endpoints;

/// <summary>Random bytes that a seed determines.</summary>
internal sealed class SeededRandom(int seed) : IRandomSource
{
    private readonly Random _random = new(seed);

    public void Fill(Span<byte> destination) => _random.NextBytes(destination);

    public double NextDouble() => _random.NextDouble();

    public int Next(int max) => _random.Next(max);

    public bool Chance(double probability) => _random.NextDouble() < probability;
}
