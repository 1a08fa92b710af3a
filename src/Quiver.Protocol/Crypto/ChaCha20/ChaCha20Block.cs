using System.Buffers.Binary;
using System.Numerics;

namespace Quiver.Protocol.Crypto.ChaCha20;

/// <summary>The ChaCha20 block function: additions, rotations and xors only, so its time is constant. RFC 8439 §2.3.</summary>
internal static class ChaCha20Block
{
    public const int Length = 64;

    private const int Words = 16;
    private const int DoubleRounds = 10;

    /// <summary>Writes the key stream block of a key (32 bytes), a block counter and a nonce (12 bytes).</summary>
    public static void Compute(ReadOnlySpan<byte> key, uint counter, ReadOnlySpan<byte> nonce, Span<byte> block)
    {
        Span<uint> initial = stackalloc uint[Words];
        Span<uint> state = stackalloc uint[Words];
        Load(key, counter, nonce, initial);
        initial.CopyTo(state);
        for (int i = 0; i < DoubleRounds; i++)
        {
            QuarterRound(ref state[0], ref state[4], ref state[8], ref state[12]);
            QuarterRound(ref state[1], ref state[5], ref state[9], ref state[13]);
            QuarterRound(ref state[2], ref state[6], ref state[10], ref state[14]);
            QuarterRound(ref state[3], ref state[7], ref state[11], ref state[15]);
            QuarterRound(ref state[0], ref state[5], ref state[10], ref state[15]);
            QuarterRound(ref state[1], ref state[6], ref state[11], ref state[12]);
            QuarterRound(ref state[2], ref state[7], ref state[8], ref state[13]);
            QuarterRound(ref state[3], ref state[4], ref state[9], ref state[14]);
        }

        for (int i = 0; i < Words; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(block[(4 * i)..], state[i] + initial[i]);
        }
    }

    private static void Load(ReadOnlySpan<byte> key, uint counter, ReadOnlySpan<byte> nonce, Span<uint> state)
    {
        // "expand 32-byte k"
        state[0] = 0x61707865;
        state[1] = 0x3320646E;
        state[2] = 0x79622D32;
        state[3] = 0x6B206574;
        for (int i = 0; i < 8; i++)
        {
            state[4 + i] = BinaryPrimitives.ReadUInt32LittleEndian(key[(4 * i)..]);
        }

        state[12] = counter;
        for (int i = 0; i < 3; i++)
        {
            state[13 + i] = BinaryPrimitives.ReadUInt32LittleEndian(nonce[(4 * i)..]);
        }
    }

    private static void QuarterRound(ref uint a, ref uint b, ref uint c, ref uint d)
    {
        a += b;
        d = BitOperations.RotateLeft(d ^ a, 16);
        c += d;
        b = BitOperations.RotateLeft(b ^ c, 12);
        a += b;
        d = BitOperations.RotateLeft(d ^ a, 8);
        c += d;
        b = BitOperations.RotateLeft(b ^ c, 7);
    }
}
