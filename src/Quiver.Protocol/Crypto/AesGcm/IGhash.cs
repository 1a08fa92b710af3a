using System.Runtime.Intrinsics;

namespace Quiver.Protocol.Crypto.AesGcm;

/// <summary>
/// GHASH over several blocks at a time with a table of powers of the hash key. NIST SP 800-38D §6.4.
/// State and powers are in the form of <see cref="GhashField{T}"/>. Implementations are empty structs, one for a vector width.
/// </summary>
internal interface IGhash
{
    /// <summary>Most blocks of one <see cref="Update"/>: eight of data and the block of lengths.</summary>
    public const int MaxBlocks = 9;

    /// <summary>Bytes that <see cref="Update"/> may read: its blocks and zeros up to this length.</summary>
    public const int PaddedLength = 12 * 16;

    static abstract bool IsSupported { get; }

    /// <summary>Bytes of the table.</summary>
    static abstract int TableLength { get; }

    /// <summary>Fills the table from a hash key.</summary>
    static abstract void FillTable(Vector128<ulong> hashKey, Span<byte> table);

    /// <summary>Adds eight blocks.</summary>
    static abstract Vector128<ulong> UpdateBatch(Vector128<ulong> state, ref byte data, ref byte table);

    /// <summary>Adds up to <see cref="MaxBlocks"/> blocks, which zeros follow.</summary>
    static abstract Vector128<ulong> Update(Vector128<ulong> state, ref byte data, int blocks, ref byte table);
}
