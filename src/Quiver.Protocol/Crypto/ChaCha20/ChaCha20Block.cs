using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Quiver.Protocol.Crypto.ChaCha20;

/// <summary>
/// The ChaCha20 block function, a row of the state a vector. Additions, rotations and xors only, so its time is constant.
/// RFC 8439 §2.3.
/// </summary>
internal static class ChaCha20Block
{
    public const int Length = 64;

    private const int DoubleRounds = 10;
    private const int RowLength = 16;

    /// <summary>Writes the key stream block of a key (32 bytes), a block counter and a nonce (12 bytes).</summary>
    public static void Compute(ReadOnlySpan<byte> key, uint counter, ReadOnlySpan<byte> nonce, Span<byte> block)
    {
        // "expand 32-byte k"
        Vector128<uint> firstA = Vector128.Create(0x61707865u, 0x3320646E, 0x79622D32, 0x6B206574);
        Vector128<uint> firstB = Vector128.Create(key).AsUInt32();
        Vector128<uint> firstC = Vector128.Create(key[RowLength..]).AsUInt32();
        Vector128<uint> firstD = Vector128.Create(
            counter,
            BinaryPrimitives.ReadUInt32LittleEndian(nonce),
            BinaryPrimitives.ReadUInt32LittleEndian(nonce[4..]),
            BinaryPrimitives.ReadUInt32LittleEndian(nonce[8..]));
        Vector128<uint> a = firstA;
        Vector128<uint> b = firstB;
        Vector128<uint> c = firstC;
        Vector128<uint> d = firstD;
        for (int i = 0; i < DoubleRounds; i++)
        {
            QuarterRounds(ref a, ref b, ref c, ref d);

            // Turn the rows so that the diagonals stand in columns, and back.
            b = Vector128.Shuffle(b, Vector128.Create(1u, 2, 3, 0));
            c = Vector128.Shuffle(c, Vector128.Create(2u, 3, 0, 1));
            d = Vector128.Shuffle(d, Vector128.Create(3u, 0, 1, 2));
            QuarterRounds(ref a, ref b, ref c, ref d);
            b = Vector128.Shuffle(b, Vector128.Create(3u, 0, 1, 2));
            c = Vector128.Shuffle(c, Vector128.Create(2u, 3, 0, 1));
            d = Vector128.Shuffle(d, Vector128.Create(1u, 2, 3, 0));
        }

        (a + firstA).AsByte().CopyTo(block);
        (b + firstB).AsByte().CopyTo(block[RowLength..]);
        (c + firstC).AsByte().CopyTo(block[(2 * RowLength)..]);
        (d + firstD).AsByte().CopyTo(block[(3 * RowLength)..]);
    }

    // Four quarter rounds side by side, one a column. RFC 8439 §2.1.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void QuarterRounds(ref Vector128<uint> a, ref Vector128<uint> b, ref Vector128<uint> c, ref Vector128<uint> d)
    {
        a += b;
        d = RotateLeft(d ^ a, 16);
        c += d;
        b = RotateLeft(b ^ c, 12);
        a += b;
        d = RotateLeft(d ^ a, 8);
        c += d;
        b = RotateLeft(b ^ c, 7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> RotateLeft(Vector128<uint> value, int count) => (value << count) | (value >>> (32 - count));
}
