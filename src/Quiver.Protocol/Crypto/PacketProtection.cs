using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Crypto;

/// <summary>
/// The keys of one direction at one encryption level: AEAD and header protection. RFC 9001 §5.
/// One object is kept per key; sealing and opening allocate nothing. Not thread-safe.
/// </summary>
internal sealed class PacketProtection : IDisposable
{
    public const int TagLength = 16;
    public const int SampleLength = 16;
    public const int MaskLength = 5;

    public static PacketProtection Create(QuicVersion version, CipherSuite suite, ReadOnlySpan<byte> secret) =>
        throw new NotSupportedException();

    public CipherSuite Suite => throw new NotSupportedException();

    /// <summary>The keys of the next key phase; header protection stays as it is. RFC 9001 §6.1.</summary>
    public PacketProtection CreateNext() => throw new NotSupportedException();

    /// <summary>Encrypts in place. The last <see cref="TagLength"/> bytes of <paramref name="payload"/> receive the tag.</summary>
    public void Seal(ulong packetNumber, ReadOnlySpan<byte> header, Span<byte> payload) => throw new NotSupportedException();

    /// <summary>Decrypts in place ciphertext and tag; false (and the content undefined) when the tag does not match.</summary>
    public bool TryOpen(ulong packetNumber, ReadOnlySpan<byte> header, Span<byte> payload) => throw new NotSupportedException();

    /// <summary>The five mask bytes for a sample of <see cref="SampleLength"/> bytes. RFC 9001 §5.4.</summary>
    public void HeaderMask(ReadOnlySpan<byte> sample, Span<byte> mask) => throw new NotSupportedException();

    public void Dispose() => throw new NotSupportedException();
}
