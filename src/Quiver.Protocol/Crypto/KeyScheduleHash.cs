using System.Security.Cryptography;

namespace Quiver.Protocol.Crypto;

/// <summary>The hash of a suite, and what the key schedule needs of it that never changes. RFC 9846 §7.1.</summary>
internal sealed class KeyScheduleHash
{
    private static readonly KeyScheduleHash s_sha256 = new(HashAlgorithmName.SHA256, CipherSuite.Aes128GcmSha256, SHA256.HashSizeInBytes);
    private static readonly KeyScheduleHash s_sha384 = new(HashAlgorithmName.SHA384, CipherSuite.Aes256GcmSha384, SHA384.HashSizeInBytes);

    private KeyScheduleHash(HashAlgorithmName name, CipherSuite suite, int length)
    {
        Name = name;
        Length = length;
        Zeros = new byte[length];
        OfNothing = CryptographicOperations.HashData(name, []);
        EarlyDerived = new byte[length];

        // Without a PSK both inputs are zeros. RFC 9846 §7.1.
        byte[] earlySecret = HKDF.Extract(name, Zeros, Zeros);
        HkdfLabel.Expand(suite, earlySecret, "derived"u8, OfNothing, EarlyDerived);
    }

    public HashAlgorithmName Name { get; }

    public int Length { get; }

    /// <summary>The absent secret.</summary>
    public byte[] Zeros { get; }

    /// <summary>The hash of no messages.</summary>
    public byte[] OfNothing { get; }

    /// <summary>Derive-Secret(early secret without PSK, "derived", ""): the salt of every handshake secret.</summary>
    public byte[] EarlyDerived { get; }

    public static KeyScheduleHash Of(CipherSuite suite) => suite == CipherSuite.Aes256GcmSha384 ? s_sha384 : s_sha256;

    public void Authenticate(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> mac) =>
        CryptographicOperations.HmacData(Name, key, data, mac);
}
