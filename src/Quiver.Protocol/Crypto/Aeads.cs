using Quiver.Protocol.Crypto.AesGcm;
using Quiver.Protocol.Crypto.ChaCha20;

namespace Quiver.Protocol.Crypto;

/// <summary>Chooses the class that computes a suite's AEAD and header protection on this machine.</summary>
internal static class Aeads
{
    public static int KeyLength(CipherSuite suite) => suite == CipherSuite.Aes128GcmSha256 ? 16 : 32;

    /// <summary>Length of the hash of the suite, and so of its secrets.</summary>
    public static int HashLength(CipherSuite suite) => suite == CipherSuite.Aes256GcmSha384 ? 48 : 32;

    public static bool IsSupported(CipherSuite suite, AeadImplementation implementation) =>
        suite == CipherSuite.ChaCha20Poly1305Sha256
            ? implementation switch
            {
                AeadImplementation.Platform => ChaCha20Poly1305Bcl.IsSupported,
                AeadImplementation.Managed or AeadImplementation.Best => true,
                _ => false,
            }
            : implementation switch
            {
                AeadImplementation.X86Vector512 => AesGcmIntrinsic<X86Instructions, Ghash512>.IsSupported,
                AeadImplementation.X86Vector256 => AesGcmIntrinsic<X86Instructions, Ghash256>.IsSupported,
                AeadImplementation.X86 => AesGcmIntrinsic<X86Instructions, Ghash128<X86Instructions>>.IsSupported,
                AeadImplementation.Arm => AesGcmIntrinsic<ArmInstructions, Ghash128<ArmInstructions>>.IsSupported,
                AeadImplementation.Platform => System.Security.Cryptography.AesGcm.IsSupported,
                AeadImplementation.Best => true,
                _ => false,
            };

    public static IAead Create(CipherSuite suite, ReadOnlySpan<byte> key, AeadImplementation implementation = AeadImplementation.Best) =>
        (suite == CipherSuite.ChaCha20Poly1305Sha256, Choose(suite, implementation)) switch
        {
            (true, AeadImplementation.Platform) => new ChaCha20Poly1305Bcl(key),
            (true, _) => new ChaCha20Poly1305Managed(key),
            (_, AeadImplementation.X86Vector512) => new AesGcmIntrinsic<X86Instructions, Ghash512>(key),
            (_, AeadImplementation.X86Vector256) => new AesGcmIntrinsic<X86Instructions, Ghash256>(key),
            (_, AeadImplementation.X86) => new AesGcmIntrinsic<X86Instructions, Ghash128<X86Instructions>>(key),
            (_, AeadImplementation.Arm) => new AesGcmIntrinsic<ArmInstructions, Ghash128<ArmInstructions>>(key),
            _ => new AesGcmBcl(key),
        };

    public static IHeaderProtection CreateHeaderProtection(
        CipherSuite suite, ReadOnlySpan<byte> key, AeadImplementation implementation = AeadImplementation.Best) =>
        (suite == CipherSuite.ChaCha20Poly1305Sha256, Choose(suite, implementation)) switch
        {
            (true, _) => new ChaCha20HeaderProtection(key),
            (_, AeadImplementation.X86Vector512 or AeadImplementation.X86Vector256 or AeadImplementation.X86) =>
                new AesHeaderProtection<X86Instructions>(key),
            (_, AeadImplementation.Arm) => new AesHeaderProtection<ArmInstructions>(key),
            _ => new AesHeaderProtectionBcl(key),
        };

    private static AeadImplementation Choose(CipherSuite suite, AeadImplementation wanted)
    {
        if (wanted != AeadImplementation.Best)
        {
            return wanted;
        }

        ReadOnlySpan<AeadImplementation> fastestFirst =
        [
            AeadImplementation.X86Vector512, AeadImplementation.X86Vector256, AeadImplementation.X86, AeadImplementation.Arm,
            AeadImplementation.Platform, AeadImplementation.Managed,
        ];
        foreach (AeadImplementation candidate in fastestFirst)
        {
            if (IsSupported(suite, candidate))
            {
                return candidate;
            }
        }

        throw new PlatformNotSupportedException($"This platform has no implementation of {suite}.");
    }
}
