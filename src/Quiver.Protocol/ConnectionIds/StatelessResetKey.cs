using System.Security.Cryptography;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.ConnectionIds;

/// <summary>
/// Turns ids into reset tokens by HMAC: whoever has the key can reset connections that it has never seen, and nobody else. RFC 9000 §10.3.2.
/// </summary>
internal sealed class StatelessResetKey
{
    public const int Length = 32;

    private readonly byte[] _key = new byte[Length];

    public StatelessResetKey(ReadOnlySpan<byte> secret)
    {
        if (secret.Length != Length)
        {
            throw new ArgumentException($"A key of stateless resets has {Length} bytes, not {secret.Length}.", nameof(secret));
        }

        // A key of its own for the purpose: the same secret may serve others too.
        HKDF.Expand(HashAlgorithmName.SHA256, secret, _key, "quiver stateless reset"u8);
    }

    public static StatelessResetKey Random(IRandomSource random)
    {
        Span<byte> secret = stackalloc byte[Length];
        random.Fill(secret);
        return new StatelessResetKey(secret);
    }

    public StatelessResetToken TokenFor(in ConnectionId id)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, id.Span, hash);
        return StatelessResetToken.Read(hash);
    }
}
