using System.Security.Cryptography;

namespace Quiver.Protocol.Crypto.AesGcm;

/// <summary>AES header protection by the platform, for processors without the instructions. RFC 9001 §5.4.3.</summary>
internal sealed class AesHeaderProtectionBcl : IHeaderProtection
{
    private readonly Aes _cipher = Aes.Create();

    public AesHeaderProtectionBcl(ReadOnlySpan<byte> key) => _cipher.SetKey(key);

    public void Mask(ReadOnlySpan<byte> sample, Span<byte> mask)
    {
        Span<byte> block = stackalloc byte[PacketProtection.SampleLength];
        _cipher.EncryptEcb(sample[..PacketProtection.SampleLength], block, PaddingMode.None);
        block[..PacketProtection.MaskLength].CopyTo(mask);
    }

    public void Dispose() => _cipher.Dispose();
}
