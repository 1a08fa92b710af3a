using System.Security.Cryptography;

namespace Quiver.Protocol.Tls.KeyExchange;

/// <summary>ECDH on P-256 and P-384 by the base class library, which draws its own private keys. RFC 9846 §4.3.8.2, §7.4.2.</summary>
internal sealed class EcdhKeyShare : IKeyShare
{
    private const byte Uncompressed = 4;

    private readonly ECDiffieHellman _key;
    private readonly ECCurve _curve;
    private readonly int _coordinateLength;
    private readonly byte[] _publicValue;

    public EcdhKeyShare(NamedGroup group)
        : this(group, ECDiffieHellman.Create(CurveOf(group)))
    {
    }

    /// <summary>Takes ownership of a key that exists.</summary>
    public EcdhKeyShare(NamedGroup group, ECDiffieHellman key)
    {
        Group = group;
        _curve = CurveOf(group);
        _coordinateLength = group == NamedGroup.Secp256r1 ? 32 : 48;
        _key = key;
        ECPoint point = _key.ExportParameters(includePrivateParameters: false).Q;

        // An exported key has both coordinates.
        _publicValue = [Uncompressed, .. point.X!, .. point.Y!];
    }

    public NamedGroup Group { get; }

    public ReadOnlySpan<byte> PublicValue => _publicValue;

    public byte[] Agree(ReadOnlySpan<byte> serverShare)
    {
        // Only uncompressed points, of the length of the curve. RFC 9846 §4.3.8.2.
        if (serverShare.Length != 1 + (2 * _coordinateLength) || serverShare[0] != Uncompressed)
        {
            KeyExchanges.ThrowInvalidShare(Group);
        }

        ECParameters peer = new()
        {
            Curve = _curve,
            Q = new ECPoint
            {
                X = serverShare.Slice(1, _coordinateLength).ToArray(),
                Y = serverShare[(1 + _coordinateLength)..].ToArray(),
            },
        };
        try
        {
            // The import refuses points that are not on the curve. RFC 9846 §4.3.8.2.
            using ECDiffieHellman peerKey = ECDiffieHellman.Create(peer);
            using ECDiffieHellmanPublicKey publicKey = peerKey.PublicKey;
            return _key.DeriveRawSecretAgreement(publicKey);
        }
        catch (CryptographicException e)
        {
            KeyExchanges.ThrowInvalidShare(Group, e);
            return [];
        }
    }

    public void Dispose() => _key.Dispose();

    private static ECCurve CurveOf(NamedGroup group) =>
        group == NamedGroup.Secp256r1 ? ECCurve.NamedCurves.nistP256 : ECCurve.NamedCurves.nistP384;
}
