using Quiver.Protocol.Crypto;
using Quiver.Protocol.Crypto.AesGcm;

namespace Quiver.Protocol.Tests.Crypto;

/// <summary>Every AEAD implementation that this machine can run, by name.</summary>
internal static class AeadCandidates
{
    private const string Software = "Software";

    public static TheoryData<string> ForAes() => [.. Supported(CipherSuite.Aes128GcmSha256), Software];

    public static TheoryData<string> ForFastAes() => [.. Supported(CipherSuite.Aes128GcmSha256)];

    /// <summary>All but the platform's, which is the oracle.</summary>
    public static TheoryData<string> ForAesAgainstPlatform() =>
        [.. Supported(CipherSuite.Aes128GcmSha256).Where(x => x != nameof(AeadImplementation.Platform))];

    public static TheoryData<string> ForChaCha20() => [.. Supported(CipherSuite.ChaCha20Poly1305Sha256)];

    public static IAead CreateAes(string name, byte[] key) =>
        name == Software
            ? new AesGcmIntrinsic<SoftwareInstructions, Ghash128<SoftwareInstructions>>(key)
            : Create(key.Length == 16 ? CipherSuite.Aes128GcmSha256 : CipherSuite.Aes256GcmSha384, name, key);

    public static IAead Create(CipherSuite suite, string name, byte[] key) =>
        Aeads.Create(suite, key, Enum.Parse<AeadImplementation>(name));

    private static IEnumerable<string> Supported(CipherSuite suite) =>
        Enum.GetValues<AeadImplementation>()
            .Where(x => x != AeadImplementation.Best && Aeads.IsSupported(suite, x))
            .Select(x => x.ToString());
}
