namespace Quiver.Http3.Qpack;

/// <summary>A string as it came, not decoded. RFC 9204 §4.1.2.</summary>
internal readonly ref struct EncodedString(ReadOnlySpan<byte> bytes, bool isHuffman)
{
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public bool IsHuffman { get; } = isHuffman;
}
