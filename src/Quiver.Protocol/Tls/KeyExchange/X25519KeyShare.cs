using System.Security.Cryptography;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Tls.KeyExchange;

/// <summary>X25519. RFC 9846 §7.4.2, RFC 7748 §5.</summary>
internal sealed class X25519KeyShare : IKeyShare
{
    private readonly byte[] _privateKey = new byte[X25519.KeyLength];
    private readonly byte[] _publicKey = new byte[X25519.KeyLength];

    public X25519KeyShare(IRandomSource random)
    {
        random.Fill(_privateKey);
        X25519.DerivePublicKey(_privateKey, _publicKey);
    }

    public NamedGroup Group => NamedGroup.X25519;

    public ReadOnlySpan<byte> PublicValue => _publicKey;

    public byte[] Agree(ReadOnlySpan<byte> serverShare)
    {
        byte[] secret = new byte[X25519.KeyLength];
        Agree(serverShare, secret);
        return secret;
    }

    public void Agree(ReadOnlySpan<byte> peerShare, Span<byte> secret)
    {
        // The length is fixed, and a secret of zeros ends the handshake. RFC 9846 §4.3.8.2, §7.4.2.
        if (peerShare.Length != X25519.KeyLength || !X25519.TryAgree(_privateKey, peerShare, secret))
        {
            KeyExchanges.ThrowInvalidShare(NamedGroup.X25519);
        }
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_privateKey);
}
