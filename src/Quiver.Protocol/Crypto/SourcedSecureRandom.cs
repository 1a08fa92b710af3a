using Org.BouncyCastle.Crypto.Prng;
using Org.BouncyCastle.Security;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Crypto;

/// <summary>Lets BouncyCastle draw from our random source, so that a simulated handshake replays from its seed.</summary>
internal sealed class SourcedSecureRandom(IRandomSource source) : SecureRandom(new Generator(source))
{
    private sealed class Generator(IRandomSource source) : IRandomGenerator
    {
        // The source needs no seeding.
        public void AddSeedMaterial(byte[] seed)
        {
        }

        public void AddSeedMaterial(ReadOnlySpan<byte> seed)
        {
        }

        public void AddSeedMaterial(long seed)
        {
        }

        public void NextBytes(byte[] bytes) => source.Fill(bytes);

        public void NextBytes(byte[] bytes, int start, int len) => source.Fill(bytes.AsSpan(start, len));

        public void NextBytes(Span<byte> bytes) => source.Fill(bytes);
    }
}
