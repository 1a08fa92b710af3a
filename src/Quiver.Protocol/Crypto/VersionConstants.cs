using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Crypto;

/// <summary>
/// What a QUIC version says about keys: the salt of Initial secrets (RFC 9001 §5.2), the labels (§5.1, §6.1) and the key and
/// nonce of the Retry Integrity Tag (§5.8). For version 2 see RFC 9369 §3.3.
/// </summary>
internal sealed class VersionConstants
{
    private static readonly VersionConstants s_version1 = new()
    {
        InitialSalt = Convert.FromHexString("38762CF7F55934B34D179AE6A4C80CADCCBB7F0A"),
        KeyLabel = "quic key"u8.ToArray(),
        IvLabel = "quic iv"u8.ToArray(),
        HeaderProtectionLabel = "quic hp"u8.ToArray(),
        KeyUpdateLabel = "quic ku"u8.ToArray(),
        RetryKey = Convert.FromHexString("BE0C690B9F66575A1D766B54E368C84E"),
        RetryNonce = Convert.FromHexString("461599D35D632BF2239825BB"),
    };

    // RFC 9369 §3.3.
    private static readonly VersionConstants s_version2 = new()
    {
        InitialSalt = Convert.FromHexString("0DEDE3DEF700A6DB819381BE6E269DCBF9BD2ED9"),
        KeyLabel = "quicv2 key"u8.ToArray(),
        IvLabel = "quicv2 iv"u8.ToArray(),
        HeaderProtectionLabel = "quicv2 hp"u8.ToArray(),
        KeyUpdateLabel = "quicv2 ku"u8.ToArray(),
        RetryKey = Convert.FromHexString("8FB4B01B56AC48E260FBCBCEAD7CCC92"),
        RetryNonce = Convert.FromHexString("D86969BC2D7C6D9990EFB04A"),
    };

    public required byte[] InitialSalt { get; init; }

    public required byte[] KeyLabel { get; init; }

    public required byte[] IvLabel { get; init; }

    public required byte[] HeaderProtectionLabel { get; init; }

    public required byte[] KeyUpdateLabel { get; init; }

    public required byte[] RetryKey { get; init; }

    public required byte[] RetryNonce { get; init; }

    public static VersionConstants For(QuicVersion version) => version switch
    {
        QuicVersion.V1 => s_version1,
        QuicVersion.V2 => s_version2,
        _ => throw new ArgumentOutOfRangeException(nameof(version), version, "No keys are defined for this version."),
    };
}
