using System.Security.Cryptography;

namespace Quiver.Protocol.Crypto.AesGcm;

/// <summary>AES-GCM of the platform: for processors without the instructions, and the oracle in tests.</summary>
internal sealed class AesGcmBcl(ReadOnlySpan<byte> key) : IAead
{
    private const int TagLength = PacketProtection.TagLength;

    private readonly System.Security.Cryptography.AesGcm _cipher = new(key, TagLength);

    public void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> payload)
    {
        Span<byte> text = payload[..^TagLength];
        _cipher.Encrypt(nonce, text, text, payload[^TagLength..], associatedData);
    }

    public bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> payload)
    {
        if (payload.Length < TagLength)
        {
            return false;
        }

        Span<byte> text = payload[..^TagLength];
        try
        {
            _cipher.Decrypt(nonce, text, payload[^TagLength..], text, associatedData);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            // The platform has no other way to say it. Only this fallback pays for a throw.
            return false;
        }
    }

    public void Dispose() => _cipher.Dispose();
}
