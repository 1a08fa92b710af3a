using System.Buffers.Binary;

namespace Quiver.Protocol.Crypto.ChaCha20;

/// <summary>ChaCha20 header protection: the sample is a block counter and a nonce. RFC 9001 §5.4.4.</summary>
internal sealed class ChaCha20HeaderProtection : IHeaderProtection
{
    private const int CounterLength = 4;

    private byte[]? _key;

    public ChaCha20HeaderProtection(ReadOnlySpan<byte> key)
    {
        // Pinned, so that the collector leaves no copies behind.
        _key = KeyMemory.Rent(key.Length);
        key.CopyTo(_key);
    }

    public void Mask(ReadOnlySpan<byte> sample, Span<byte> mask)
    {
        Span<byte> block = stackalloc byte[ChaCha20Block.Length];
        uint counter = BinaryPrimitives.ReadUInt32LittleEndian(sample);
        ChaCha20Block.Compute(_key, counter, sample[CounterLength..PacketProtection.SampleLength], block);
        block[..PacketProtection.MaskLength].CopyTo(mask);
    }

    public void Dispose() => KeyMemory.Return(ref _key);
}
