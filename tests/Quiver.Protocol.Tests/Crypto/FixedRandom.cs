using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Tests.Crypto;

/// <summary>Gives out bytes chosen by the test, in order.</summary>
internal sealed class FixedRandom(byte[] bytes) : IRandomSource
{
    private int _position;

    public void Fill(Span<byte> destination)
    {
        bytes.AsSpan(_position, destination.Length).CopyTo(destination);
        _position += destination.Length;
    }
}
