using Curve = Org.BouncyCastle.Math.EC.Rfc7748.X25519;

namespace Quiver.Protocol.Crypto;

/// <summary>Diffie-Hellman on Curve25519, by BouncyCastle where the processor lacks AVX2. RFC 7748 §5, §6.1.</summary>
internal static class X25519
{
    public const int KeyLength = 32;

    public static void DerivePublicKey(ReadOnlySpan<byte> privateKey, Span<byte> publicKey)
    {
        if (MontgomeryLadder.IsSupported)
        {
            MontgomeryLadder.MultiplyBase(privateKey, publicKey);
        }
        else
        {
            Curve.ScalarMultBase(privateKey, publicKey);
        }
    }

    /// <summary>False when the secret is all zeros, which a peer can force with a point of small order. RFC 7748 §6.1.</summary>
    public static bool TryAgree(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> peerPublicKey, Span<byte> secret)
    {
        if (!MontgomeryLadder.IsSupported)
        {
            return Curve.CalculateAgreement(privateKey, peerPublicKey, secret);
        }

        MontgomeryLadder.Multiply(privateKey, peerPublicKey, secret);
        int any = 0;
        foreach (byte b in secret)
        {
            any |= b;
        }

        return any != 0;
    }
}
