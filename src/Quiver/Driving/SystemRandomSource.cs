using System.Security.Cryptography;
using Quiver.Protocol.Primitives;

namespace Quiver.Driving;

/// <summary>Random bytes of the operating system.</summary>
internal sealed class SystemRandomSource : IRandomSource
{
    private SystemRandomSource()
    {
    }

    public static SystemRandomSource Instance { get; } = new();

    public void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
}
