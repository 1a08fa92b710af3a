using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Quiver.Protocol.Crypto.AesGcm;

/// <summary>
/// AES-GCM on the processor's instructions. NIST SP 800-38D §7. Eight blocks are encrypted and then hashed; the hash of one batch
/// and the encryption of the next do not depend on each other, so the processor itself overlaps them.
/// No branch and no index depends on a secret. References replace spans inside because a bounds check a block costs as much as a round.
/// </summary>
internal sealed class AesGcmIntrinsic<T, TGhash> : IAead
    where T : struct, IGcmInstructions
    where TGhash : struct, IGhash
{
    private const int TagLength = PacketProtection.TagLength;
    private const int BlockLength = AesRounds<T>.BlockLength;
    private const int BatchLength = AesRounds<T>.BatchLength;
    private const int TableAlignment = 64;

    // Round keys and then GHASH's table. Pinned: the collector leaves no copies behind, and the table stays aligned.
    private byte[]? _memory;
    private readonly int _rounds;
    private readonly int _table;

    public AesGcmIntrinsic(ReadOnlySpan<byte> key)
    {
        byte[] memory = KeyMemory.Rent(AesRounds<T>.MaxExpandedLength + TGhash.TableLength + TableAlignment);
        _memory = memory;
        _rounds = AesRounds<T>.ExpandKey(key, memory);
        nint end = Marshal.UnsafeAddrOfPinnedArrayElement(memory, AesRounds<T>.MaxExpandedLength);
        _table = AesRounds<T>.MaxExpandedLength + (int)(-end & (TableAlignment - 1));
        Vector128<byte> encryptedZero = AesRounds<T>.EncryptBlock(ref RoundKeys, _rounds, Vector128<byte>.Zero);
        TGhash.FillTable(GhashField<T>.HashKey(encryptedZero), memory.AsSpan(_table));
    }

    public static bool IsSupported => T.IsSupported && TGhash.IsSupported;

    // Null only after Dispose: that is a defect of the caller, and faults.
    private ref byte RoundKeys => ref MemoryMarshal.GetArrayDataReference(_memory!);

    private ref byte Table => ref Unsafe.Add(ref RoundKeys, _table);

    public void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> payload)
    {
        Span<byte> text = payload[..^TagLength];
        Vector128<uint> counter = FirstCounter(nonce);
        Run<Sealing>(counter, associatedData, text).CopyTo(payload[^TagLength..]);
    }

    public bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> payload)
    {
        if (payload.Length < TagLength)
        {
            return false;
        }

        Vector128<byte> tag = Vector128.Create<byte>(payload[^TagLength..]);
        Vector128<uint> counter = FirstCounter(nonce);

        // One comparison of all 16 bytes: its time tells nothing about where they differ.
        return Run<Opening>(counter, associatedData, payload[..^TagLength]) == tag;
    }

    public void Dispose() => KeyMemory.Return(ref _memory);

    // The nonce, and the counter 1 in the processor's byte order.
    private static Vector128<uint> FirstCounter(ReadOnlySpan<byte> nonce) =>
        Vector128.Create(
            MemoryMarshal.Read<uint>(nonce), MemoryMarshal.Read<uint>(nonce[4..]), MemoryMarshal.Read<uint>(nonce[8..]), 1u);

    // Encrypts or decrypts the text in place and returns the tag.
    private Vector128<byte> Run<TDirection>(Vector128<uint> counter, ReadOnlySpan<byte> associatedData, Span<byte> text)
        where TDirection : struct, IDirection
    {
        ref byte keys = ref RoundKeys;
        ref byte table = ref Table;
        int rounds = _rounds;
        Span<byte> last = stackalloc byte[IGhash.PaddedLength];
        Vector128<byte> tagMask = AesRounds<T>.EncryptBlock(ref keys, rounds, AesRounds<T>.CounterBlock(counter, 0));
        counter += Vector128.Create(0u, 0u, 0u, 1u);
        Vector128<ulong> hash = Vector128<ulong>.Zero;

        for (ReadOnlySpan<byte> rest = associatedData; !rest.IsEmpty;)
        {
            int length = Math.Min(rest.Length, BatchLength);
            last[..BatchLength].Clear();
            rest[..length].CopyTo(last);
            hash = TGhash.Update(hash, ref MemoryMarshal.GetReference(last), Blocks(length), ref table);
            rest = rest[length..];
        }

        ref byte data = ref MemoryMarshal.GetReference(text);
        int left = text.Length;
        for (; left >= BatchLength; left -= BatchLength)
        {
            if (TDirection.HashesFirst)
            {
                hash = TGhash.UpdateBatch(hash, ref data, ref table);
            }

            AesRounds<T>.XorKeyStream(ref keys, rounds, counter, ref data);

            // Ciphertext is hashed one batch late: a wide load of bytes that were just stored in narrow pieces stalls.
            if (!TDirection.HashesFirst && left != text.Length)
            {
                hash = TGhash.UpdateBatch(hash, ref Unsafe.Subtract(ref data, BatchLength), ref table);
            }

            counter += Vector128.Create(0u, 0u, 0u, 8u);
            data = ref Unsafe.Add(ref data, BatchLength);
        }

        // Fewer than 128 bytes are left. They are worked on in a buffer, zeros and the block of lengths behind them.
        Span<byte> tail = text[^left..];
        ref byte buffer = ref MemoryMarshal.GetReference(last);
        last.Clear();
        tail.CopyTo(last);
        if (!TDirection.HashesFirst && left != 0)
        {
            AesRounds<T>.XorKeyStream(ref keys, rounds, counter, ref buffer);
            last[left..].Clear();
            last[..left].CopyTo(tail);
        }

        if (!TDirection.HashesFirst && left != text.Length)
        {
            hash = TGhash.UpdateBatch(hash, ref Unsafe.Subtract(ref data, BatchLength), ref table);
        }

        int blocks = Blocks(left);
        BinaryPrimitives.WriteUInt64BigEndian(last[(blocks * BlockLength)..], (ulong)associatedData.Length * 8);
        BinaryPrimitives.WriteUInt64BigEndian(last[((blocks * BlockLength) + 8)..], (ulong)text.Length * 8);
        hash = TGhash.Update(hash, ref buffer, blocks + 1, ref table);
        if (TDirection.HashesFirst && left != 0)
        {
            AesRounds<T>.XorKeyStream(ref keys, rounds, counter, ref buffer);
            last[..left].CopyTo(tail);
        }

        return GhashField<T>.Reverse(hash.AsByte()).AsByte() ^ tagMask;
    }

    private static int Blocks(int length) => (length + BlockLength - 1) / BlockLength;

    /// <summary>Ciphertext is what is hashed: it is there before decryption, and after encryption.</summary>
    private interface IDirection
    {
        static abstract bool HashesFirst { get; }
    }

    private readonly struct Sealing : IDirection
    {
        public static bool HashesFirst => false;
    }

    private readonly struct Opening : IDirection
    {
        public static bool HashesFirst => true;
    }
}
