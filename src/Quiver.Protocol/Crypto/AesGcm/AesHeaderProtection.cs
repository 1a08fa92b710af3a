using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Quiver.Protocol.Crypto.AesGcm;

/// <summary>AES header protection on the processor's instructions: one block. RFC 9001 §5.4.3.</summary>
internal sealed class AesHeaderProtection<T> : IHeaderProtection
    where T : struct, IGcmInstructions
{
    // Pinned, so that the collector leaves no copies behind.
    private byte[]? _roundKeys = KeyMemory.Rent(AesRounds<T>.MaxExpandedLength);
    private readonly int _rounds;

    public AesHeaderProtection(ReadOnlySpan<byte> key) => _rounds = AesRounds<T>.ExpandKey(key, _roundKeys);

    public void Mask(ReadOnlySpan<byte> sample, Span<byte> mask)
    {
        ref byte keys = ref MemoryMarshal.GetArrayDataReference(_roundKeys!);
        Vector128<byte> block = AesRounds<T>.EncryptBlock(ref keys, _rounds, Vector128.Create(sample));
        ulong first = block.AsUInt64().ToScalar();
        mask[4] = (byte)(first >> 32);
        MemoryMarshal.Write(mask, (uint)first);
    }

    public void Dispose() => KeyMemory.Return(ref _roundKeys);
}
