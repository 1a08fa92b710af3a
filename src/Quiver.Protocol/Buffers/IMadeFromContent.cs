namespace Quiver.Protocol.Buffers;

/// <summary>What is made from bytes at a cost that is worth saving. See <see cref="ContentCache{T}"/>.</summary>
internal interface IMadeFromContent : IDisposable
{
    /// <summary>Whether it was made from exactly these bytes.</summary>
    bool Is(ReadOnlySpan<byte> content);
}
