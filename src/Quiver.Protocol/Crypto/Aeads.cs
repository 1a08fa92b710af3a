using Quiver.Protocol.Crypto.AesGcm;
using Quiver.Protocol.Crypto.ChaCha20;

namespace Quiver.Protocol.Crypto;

/// <summary>Chooses the class that computes a suite's AEAD and header protection on this machine.</summary>
internal static class Aeads
{
    public static int KeyLength(CipherSuite suite) => suite == CipherSuite.Aes128GcmSha256 ? 16 : 32;

    /// <summary>Length of the hash of the suite, and so of its secrets.</summary>
    public static int HashLength(CipherSuite suite) => suite == CipherSuite.Aes256GcmSha384 ? 48 : 32;

    public static bool IsSupported(CipherSuite suite, AeadImplementation implementation) => (suite, implementation) switch
    {
        (_, AeadImplementation.Best) => true,
        (CipherSuite.ChaCha20Poly1305Sha256, AeadImplementation.Platform) => ChaCha20Poly1305Bcl.IsSupported,
        (_, AeadImplementation.Platform) => System.Security.Cryptography.AesGcm.IsSupported,
        (CipherSuite.ChaCha20Poly1305Sha256, _) => false,
        (_, AeadImplementation.X86) => AesGcmIntrinsic<X86Instructions, Ghash128<X86Instructions>>.IsSupported,
        (_, AeadImplementation.X86Vector512) => AesGcmIntrinsic<X86Instructions, Ghash512>.IsSupported,
        (_, AeadImplementation.Arm) => AesGcmIntrinsic<ArmInstructions, Ghash128<ArmInstructions>>.IsSupported,
        _ => false,
    };

    public static IAead Create(CipherSuite suite, ReadOnlySpan<byte> key, AeadImplementation implementation = AeadImplementation.Best)
    {
        if (suite == CipherSuite.ChaCha20Poly1305Sha256)
        {
            return new ChaCha20Poly1305Bcl(key);
        }

        return Choose(suite, implementation) switch
        {
            AeadImplementation.X86Vector512 => new AesGcmIntrinsic<X86Instructions, Ghash512>(key),
            AeadImplementation.X86 => new AesGcmIntrinsic<X86Instructions, Ghash128<X86Instructions>>(key),
            AeadImplementation.Arm => new AesGcmIntrinsic<ArmInstructions, Ghash128<ArmInstructions>>(key),
            _ => new AesGcmBcl(key),
        };
    }

    public static IHeaderProtection CreateHeaderProtection(
        CipherSuite suite, ReadOnlySpan<byte> key, AeadImplementation implementation = AeadImplementation.Best)
    {
        if (suite == CipherSuite.ChaCha20Poly1305Sha256)
        {
            return new ChaCha20HeaderProtection(key);
        }

        return Choose(suite, implementation) switch
        {
            AeadImplementation.X86Vector512 or AeadImplementation.X86 => new AesHeaderProtection<X86Instructions>(key),
            AeadImplementation.Arm => new AesHeaderProtection<ArmInstructions>(key),
            _ => new AesHeaderProtectionBcl(key),
        };
    }

    private static AeadImplementation Choose(CipherSuite suite, AeadImplementation wanted)
    {
        if (wanted != AeadImplementation.Best)
        {
            return wanted;
        }

        ReadOnlySpan<AeadImplementation> order = [AeadImplementation.X86Vector512, AeadImplementation.X86, AeadImplementation.Arm];
        foreach (AeadImplementation candidate in order)
        {
            if (IsSupported(suite, candidate))
            {
                return candidate;
            }
        }

        return AeadImplementation.Platform;
    }
}
