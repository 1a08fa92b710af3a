using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Quiver.Protocol.Crypto.MLKem;

/// <summary>Polynomials from hashes: the public matrix, and noise, four at a time. FIPS 203 §4.2.2.</summary>
internal static class PolynomialSampling
{
    public const int SeedLength = 32;

    /// <summary>Bytes that <see cref="Noise"/> and <see cref="Matrix"/> use for the hashes' output.</summary>
    public const int StreamLength = KeccakFour.States * Keccak.Shake128Rate;

    private const int Length = NumberTheoreticTransform.Length;
    private const int Rank = 3;
    private const int SeedLanes = SeedLength / sizeof(ulong);

    /// <summary>
    /// Â, row by row: the polynomial in row i and column j from SHAKE128(ρ, j, i). It is public, so that the time may depend on it.
    /// Algorithm 7.
    /// </summary>
    public static void Matrix(ReadOnlySpan<byte> seed, Span<short> matrix, Span<ulong> states, Span<byte> stream)
    {
        Span<int> counts = stackalloc int[KeccakFour.States];
        int entry = 0;
        for (; entry + KeccakFour.States <= Rank * Rank; entry += KeccakFour.States)
        {
            Absorb(seed, Keccak.Shake128Rate, Entry(entry), Entry(entry + 1), Entry(entry + 2), Entry(entry + 3), states);
            counts.Clear();
            int least = 0;
            while (least < Length)
            {
                KeccakFour.Permute(states);
                Squeeze(states, Keccak.Shake128Rate, stream);
                least = Length;
                for (int i = 0; i < KeccakFour.States; i++)
                {
                    ReadOnlySpan<byte> block = stream.Slice(i * Keccak.Shake128Rate, Keccak.Shake128Rate);
                    counts[i] = Reject(block, matrix.Slice((entry + i) * Length, Length), counts[i]);
                    least = Math.Min(least, counts[i]);
                }
            }
        }

        // The ninth.
        Span<ulong> state = states[..Keccak.Lanes];
        state.Clear();
        Sponge sponge = new(state, Keccak.Shake128Rate);
        sponge.Absorb(seed);
        sponge.Absorb([Rank - 1, Rank - 1]);
        sponge.Finish(Keccak.ShakeSuffix);
        Span<byte> single = stream[..Keccak.Shake128Rate];
        sponge.Read(single);
        int count = Reject(single, matrix.Slice(entry * Length, Length), 0);
        while (count < Length)
        {
            sponge.NextBlock();
            sponge.Read(single);
            count = Reject(single, matrix.Slice(entry * Length, Length), count);
        }
    }

    /// <summary>
    /// Four polynomials of the centred binomial distribution, from SHAKE256(seed, first … first + 3). Algorithm 8, η = 2.
    /// </summary>
    public static void Noise(ReadOnlySpan<byte> seed, int first, Span<short> polynomials, Span<ulong> states, Span<byte> stream)
    {
        Absorb(seed, Keccak.Shake256Rate, Nonce(first), Nonce(first + 1), Nonce(first + 2), Nonce(first + 3), states);
        KeccakFour.Permute(states);
        Squeeze(states, Keccak.Shake256Rate, stream);
        for (int i = 0; i < KeccakFour.States; i++)
        {
            Binomial(stream.Slice(i * Keccak.Shake256Rate, Length / 2), polynomials.Slice(i * Length, Length));
        }
    }

    // What follows the seed: column, row and the suffix.
    private static ulong Entry(int index) => (ulong)((index % Rank) | (index / Rank << 8) | (Keccak.ShakeSuffix << 16));

    private static ulong Nonce(int value) => (ulong)(value | (Keccak.ShakeSuffix << 8));

    private static void Absorb(ReadOnlySpan<byte> seed, int rate, ulong end0, ulong end1, ulong end2, ulong end3, Span<ulong> states)
    {
        states.Clear();
        for (int i = 0; i < SeedLanes; i++)
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(seed[(i * sizeof(ulong))..]);
            states.Slice(i * KeccakFour.States, KeccakFour.States).Fill(word);
        }

        Span<ulong> ends = states.Slice(SeedLanes * KeccakFour.States, KeccakFour.States);
        ends[0] = end0;
        ends[1] = end1;
        ends[2] = end2;
        ends[3] = end3;
        states.Slice(((rate / sizeof(ulong)) - 1) * KeccakFour.States, KeccakFour.States).Fill(Keccak.PaddingEnd);
    }

    // A block of each state, one after the other.
    private static void Squeeze(ReadOnlySpan<ulong> states, int rate, Span<byte> stream)
    {
        int words = rate / sizeof(ulong);
        Span<ulong> target = MemoryMarshal.Cast<byte, ulong>(stream);
        Span<ulong> target0 = target[..words];
        Span<ulong> target1 = target.Slice(words, words);
        Span<ulong> target2 = target.Slice(2 * words, words);
        Span<ulong> target3 = target.Slice(3 * words, words);
        for (int i = 0; i < words; i++)
        {
            ReadOnlySpan<ulong> lane = states.Slice(i * KeccakFour.States, KeccakFour.States);
            target0[i] = lane[0];
            target1[i] = lane[1];
            target2[i] = lane[2];
            target3[i] = lane[3];
        }
    }

    // Twelve bits a candidate. Each is written, and counted when it is below q: its branch would be guessed wrong a fifth of the time.
    private static int Reject(ReadOnlySpan<byte> block, Span<short> polynomial, int count)
    {
        const int BytesInFour = 6;
        const int BytesInTwo = 3;
        int position = 0;
        while (count <= Length - 4 && position + sizeof(ulong) <= block.Length)
        {
            ulong bits = BinaryPrimitives.ReadUInt64LittleEndian(block[position..]);
            Span<short> target = polynomial.Slice(count, 4);
            int candidate0 = (int)(bits & 0xFFF);
            int candidate1 = (int)((bits >> 12) & 0xFFF);
            int candidate2 = (int)((bits >> 24) & 0xFFF);
            int candidate3 = (int)((bits >> 36) & 0xFFF);
            int next = 0;
            target[next] = (short)candidate0;
            next += (int)((uint)(candidate0 - FieldVector.Modulus) >> 31);
            target[next] = (short)candidate1;
            next += (int)((uint)(candidate1 - FieldVector.Modulus) >> 31);
            target[next] = (short)candidate2;
            next += (int)((uint)(candidate2 - FieldVector.Modulus) >> 31);
            target[next] = (short)candidate3;
            count += next + (int)((uint)(candidate3 - FieldVector.Modulus) >> 31);
            position += BytesInFour;
        }

        for (; count < Length && position < block.Length; position += BytesInTwo)
        {
            int bits = block[position] | (block[position + 1] << 8) | (block[position + 2] << 16);
            int candidate = bits & 0xFFF;
            if (candidate < FieldVector.Modulus)
            {
                polynomial[count++] = (short)candidate;
            }

            candidate = bits >> 12;
            if (candidate < FieldVector.Modulus && count < Length)
            {
                polynomial[count++] = (short)candidate;
            }
        }

        return count;
    }

    // Four bits a coefficient: the number of bits set in the lower two less that in the upper two.
    private static void Binomial(ReadOnlySpan<byte> bytes, Span<short> polynomial)
    {
        ref byte source = ref MemoryMarshal.GetReference(bytes[..(Length / 2)]);
        ref short target = ref MemoryMarshal.GetReference(polynomial[..Length]);
        for (nuint i = 0; i < Length / 2; i += 16)
        {
            Vector128<byte> bits = Vector128.LoadUnsafe(ref source, i);
            Vector128<byte> pairs = (bits & Vector128.Create((byte)0x55)) + ((bits >>> 1) & Vector128.Create((byte)0x55));

            // Three more than the coefficient, so that no nibble borrows.
            Vector128<byte> nibbles = (pairs & Vector128.Create((byte)0x33)) + Vector128.Create((byte)0x33)
                - ((pairs >>> 2) & Vector128.Create((byte)0x33));
            Vector128<byte> low = nibbles & Vector128.Create((byte)0x0F);
            Vector128<byte> high = (nibbles >>> 4) & Vector128.Create((byte)0x0F);
            Store(Sse2.UnpackLow(low, high), ref target, 2 * i);
            Store(Sse2.UnpackHigh(low, high), ref target, (2 * i) + 16);
        }

        static void Store(Vector128<byte> values, ref short target, nuint index) =>
            (Avx2.ConvertToVector256Int16(values) - Vector256.Create((short)3)).StoreUnsafe(ref target, index);
    }
}
