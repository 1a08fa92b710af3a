namespace Quiver.Protocol.Crypto;

/// <summary>Turns a sample of a packet into the mask over its first byte and packet number. RFC 9001 §5.4.</summary>
internal interface IHeaderProtection : IDisposable
{
    /// <summary>Writes five bytes to <paramref name="mask"/> for a sample of sixteen.</summary>
    void Mask(ReadOnlySpan<byte> sample, Span<byte> mask);
}
