using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Quiver.Protocol.Crypto.AesGcm;

/// <summary>AES by instructions: key expansion, one block, and eight blocks in counter mode. FIPS 197, NIST SP 800-38D §6.5.</summary>
internal static class AesRounds<T>
    where T : struct, IGcmInstructions
{
    public const int BlockLength = 16;
    public const int BatchLength = 8 * BlockLength;

    /// <summary>Bytes of the longest expanded key: 15 round keys of AES-256.</summary>
    public const int MaxExpandedLength = 15 * BlockLength;

    /// <summary>Writes the round keys and returns the number of rounds: 10 or 14.</summary>
    public static int ExpandKey(ReadOnlySpan<byte> key, Span<byte> roundKeys)
    {
        int keyWords = key.Length / 4;
        int rounds = keyWords + 6;
        byte constant = 1;
        key.CopyTo(roundKeys);
        uint word = BinaryPrimitives.ReadUInt32LittleEndian(key[^4..]);
        for (int i = keyWords; i < 4 * (rounds + 1); i++)
        {
            if (i % keyWords == 0)
            {
                word = uint.RotateRight(SubstituteWord(word), 8) ^ constant;
                constant = (byte)((constant << 1) ^ ((constant >> 7) * 0x1B));
            }
            else if (keyWords == 8 && i % 8 == 4)
            {
                word = SubstituteWord(word);
            }

            word ^= BinaryPrimitives.ReadUInt32LittleEndian(roundKeys[(4 * (i - keyWords))..]);
            BinaryPrimitives.WriteUInt32LittleEndian(roundKeys[(4 * i)..], word);
        }

        return rounds;
    }

    /// <summary>Encrypts one block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> EncryptBlock(ref byte roundKeys, int rounds, Vector128<byte> block)
    {
        ref byte key = ref roundKeys;
        block ^= Vector128.LoadUnsafe(ref key);
        for (int round = 1; round < rounds; round++)
        {
            key = ref Unsafe.Add(ref key, BlockLength);
            block = T.Round(block, Vector128.LoadUnsafe(ref key));
        }

        return T.FinalRound(block, Vector128.LoadUnsafe(ref key, BlockLength));
    }

    /// <summary>
    /// Xors <see cref="BatchLength"/> bytes of key stream into the data. <paramref name="counter"/> is the first counter block,
    /// its counter (the last lane) in the processor's byte order. Eight blocks hide the latency of a round.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void XorKeyStream(ref byte roundKeys, int rounds, Vector128<uint> counter, ref byte data)
    {
        ref byte key = ref roundKeys;
        Vector128<byte> k = Vector128.LoadUnsafe(ref key);
        Vector128<byte> b0 = CounterBlock(counter, 0) ^ k;
        Vector128<byte> b1 = CounterBlock(counter, 1) ^ k;
        Vector128<byte> b2 = CounterBlock(counter, 2) ^ k;
        Vector128<byte> b3 = CounterBlock(counter, 3) ^ k;
        Vector128<byte> b4 = CounterBlock(counter, 4) ^ k;
        Vector128<byte> b5 = CounterBlock(counter, 5) ^ k;
        Vector128<byte> b6 = CounterBlock(counter, 6) ^ k;
        Vector128<byte> b7 = CounterBlock(counter, 7) ^ k;
        for (int round = 1; round < rounds; round++)
        {
            key = ref Unsafe.Add(ref key, BlockLength);
            k = Vector128.LoadUnsafe(ref key);
            b0 = T.Round(b0, k);
            b1 = T.Round(b1, k);
            b2 = T.Round(b2, k);
            b3 = T.Round(b3, k);
            b4 = T.Round(b4, k);
            b5 = T.Round(b5, k);
            b6 = T.Round(b6, k);
            b7 = T.Round(b7, k);
        }

        k = Vector128.LoadUnsafe(ref key, BlockLength);
        XorInto(ref data, 0, T.FinalRound(b0, k));
        XorInto(ref data, 1, T.FinalRound(b1, k));
        XorInto(ref data, 2, T.FinalRound(b2, k));
        XorInto(ref data, 3, T.FinalRound(b3, k));
        XorInto(ref data, 4, T.FinalRound(b4, k));
        XorInto(ref data, 5, T.FinalRound(b5, k));
        XorInto(ref data, 6, T.FinalRound(b6, k));
        XorInto(ref data, 7, T.FinalRound(b7, k));
    }

    /// <summary>The block that is encrypted: the nonce and the counter plus <paramref name="index"/>, big-endian.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> CounterBlock(Vector128<uint> counter, uint index) =>
        T.Shuffle(
            (counter + Vector128.Create(0u, 0u, 0u, index)).AsByte(),
            Vector128.Create((byte)0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 14, 13, 12));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void XorInto(ref byte data, nuint block, Vector128<byte> keyStream) =>
        (Vector128.LoadUnsafe(ref data, block * BlockLength) ^ keyStream).StoreUnsafe(ref data, block * BlockLength);

    // The S-box without a table, which would be a secret-dependent index: in a state whose four columns are equal, ShiftRows does nothing.
    private static uint SubstituteWord(uint word) =>
        T.FinalRound(Vector128.Create(word).AsByte(), Vector128<byte>.Zero).AsUInt32().ToScalar();
}
