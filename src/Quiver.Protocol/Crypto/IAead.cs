namespace Quiver.Protocol.Crypto;

/// <summary>
/// An AEAD cipher with one key, a nonce of 12 bytes and a tag of 16. RFC 5116 §2.
/// Both calls work in place, allocate nothing and take time that depends on lengths only. Not thread-safe.
/// </summary>
internal interface IAead : IDisposable
{
    /// <summary>Encrypts in place; the last 16 bytes of <paramref name="payload"/> receive the tag.</summary>
    void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> payload);

    /// <summary>Decrypts ciphertext and tag in place; false, and the content undefined, when the tag does not match.</summary>
    bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> payload);
}
