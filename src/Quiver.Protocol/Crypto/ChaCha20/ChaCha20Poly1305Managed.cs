using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Quiver.Protocol.Crypto.ChaCha20;

/// <summary>ChaCha20-Poly1305 in C#, for platforms without it. RFC 8439 §2.8.</summary>
internal sealed class ChaCha20Poly1305Managed : IAead
{
    private const int TagLength = PacketProtection.TagLength;
    private const int SpaceWords = 10;

    // Pinned, so that the collector leaves no copies behind.
    private readonly byte[] _key = GC.AllocateArray<byte>(32, pinned: true);

    public ChaCha20Poly1305Managed(ReadOnlySpan<byte> key) => key.CopyTo(_key);

    public void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> payload)
    {
        Span<byte> text = payload[..^TagLength];
        XorKeyStream(nonce, text);
        ComputeTag(nonce, associatedData, text, payload[^TagLength..]);
    }

    public bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> payload)
    {
        if (payload.Length < TagLength)
        {
            return false;
        }

        Span<byte> tag = stackalloc byte[TagLength];
        ComputeTag(nonce, associatedData, payload[..^TagLength], tag);
        if (!CryptographicOperations.FixedTimeEquals(tag, payload[^TagLength..]))
        {
            return false;
        }

        XorKeyStream(nonce, payload[..^TagLength]);
        return true;
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_key);

    private void ComputeTag(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> text, Span<byte> tag)
    {
        // The one-time key is the first half of block 0; text begins at block 1. RFC 8439 §2.6.
        Span<byte> block = stackalloc byte[ChaCha20Block.Length];
        Span<uint> space = stackalloc uint[SpaceWords];
        Span<byte> lengths = stackalloc byte[2 * sizeof(ulong)];
        ChaCha20Block.Compute(_key, 0, nonce, block);
        BinaryPrimitives.WriteUInt64LittleEndian(lengths, (ulong)associatedData.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(lengths[sizeof(ulong)..], (ulong)text.Length);

        Poly1305 authenticator = new(block, space);
        authenticator.UpdatePadded(associatedData);
        authenticator.UpdatePadded(text);
        authenticator.UpdatePadded(lengths);
        authenticator.Finish(tag);
        CryptographicOperations.ZeroMemory(block);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(space));
    }

    private void XorKeyStream(ReadOnlySpan<byte> nonce, Span<byte> text)
    {
        Span<byte> block = stackalloc byte[ChaCha20Block.Length];
        for (uint counter = 1; !text.IsEmpty; counter++)
        {
            ChaCha20Block.Compute(_key, counter, nonce, block);
            int length = Math.Min(text.Length, block.Length);
            for (int i = 0; i < length; i++)
            {
                text[i] ^= block[i];
            }

            text = text[length..];
        }

        CryptographicOperations.ZeroMemory(block);
    }
}
