using System.Security.Cryptography;

namespace Quiver.Protocol.Crypto.ChaCha20;

/// <summary>ChaCha20-Poly1305 of the platform, where it has it. RFC 8439 §2.8.</summary>
internal sealed class ChaCha20Poly1305Bcl(ReadOnlySpan<byte> key) : IAead
{
    private const int TagLength = PacketProtection.TagLength;

    private readonly ChaCha20Poly1305 _cipher = new(key);

    public static bool IsSupported => ChaCha20Poly1305.IsSupported;

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
            // The platform has no other way to say it.
            return false;
        }
    }

    public void Dispose() => _cipher.Dispose();
}
