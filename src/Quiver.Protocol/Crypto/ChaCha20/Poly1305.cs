using System.Buffers.Binary;

namespace Quiver.Protocol.Crypto.ChaCha20;

/// <summary>
/// The Poly1305 authenticator, in limbs of 26 bits so that products fit into 64. RFC 8439 §2.5. No branch depends on the data.
/// </summary>
internal ref struct Poly1305
{
    public const int KeyLength = 32;
    public const int TagLength = 16;

    private const int BlockLength = 16;
    private const uint Mask = 0x3FF_FFFF;

    // The bit above a full block.
    private const uint HighBit = 1 << 24;

    private readonly Span<uint> _r;
    private readonly Span<uint> _h;
    private readonly ReadOnlySpan<byte> _pad;

    /// <summary>Takes a one-time key and working space, ten words, which the caller clears afterwards.</summary>
    public Poly1305(ReadOnlySpan<byte> key, Span<uint> space)
    {
        _r = space[..5];
        _h = space[5..10];
        _h.Clear();
        _pad = key[16..KeyLength];
        uint t0 = BinaryPrimitives.ReadUInt32LittleEndian(key);
        uint t1 = BinaryPrimitives.ReadUInt32LittleEndian(key[4..]);
        uint t2 = BinaryPrimitives.ReadUInt32LittleEndian(key[8..]);
        uint t3 = BinaryPrimitives.ReadUInt32LittleEndian(key[12..]);

        // The clamp of RFC 8439 §2.5.1, cut into limbs.
        _r[0] = t0 & 0x3FF_FFFF;
        _r[1] = ((t0 >> 26) | (t1 << 6)) & 0x3FF_FF03;
        _r[2] = ((t1 >> 20) | (t2 << 12)) & 0x3FF_C0FF;
        _r[3] = ((t2 >> 14) | (t3 << 18)) & 0x3F0_3FFF;
        _r[4] = (t3 >> 8) & 0x00F_FFFF;
    }

    /// <summary>Adds data, filled up with zeros to whole blocks as the AEAD construction does. RFC 8439 §2.8.</summary>
    public readonly void UpdatePadded(scoped ReadOnlySpan<byte> data)
    {
        for (; data.Length >= BlockLength; data = data[BlockLength..])
        {
            AddBlock(data);
        }

        if (!data.IsEmpty)
        {
            Span<byte> last = stackalloc byte[BlockLength];
            last.Clear();
            data.CopyTo(last);
            AddBlock(last);
        }
    }

    public readonly void Finish(scoped Span<byte> tag)
    {
        Carry();
        Span<uint> minusModulus = stackalloc uint[5];
        uint carry = 5;
        for (int i = 0; i < 5; i++)
        {
            uint sum = _h[i] + carry;
            carry = sum >> 26;
            minusModulus[i] = sum & Mask;
        }

        // All ones when h is not below 2^130 - 5: then h + 5 has carried out, and its low bits are the remainder.
        uint select = 0 - carry;
        for (int i = 0; i < 5; i++)
        {
            _h[i] = (_h[i] & ~select) | (minusModulus[i] & select);
        }

        UInt128 value = _h[0] | ((UInt128)_h[1] << 26) | ((UInt128)_h[2] << 52) | ((UInt128)_h[3] << 78) | ((UInt128)_h[4] << 104);
        BinaryPrimitives.WriteUInt128LittleEndian(tag, value + BinaryPrimitives.ReadUInt128LittleEndian(_pad));
        minusModulus.Clear();
    }

    // h = (h + block) r mod 2^130 - 5. What overflows 130 bits comes back times five.
    private readonly void AddBlock(scoped ReadOnlySpan<byte> block)
    {
        uint t0 = BinaryPrimitives.ReadUInt32LittleEndian(block);
        uint t1 = BinaryPrimitives.ReadUInt32LittleEndian(block[4..]);
        uint t2 = BinaryPrimitives.ReadUInt32LittleEndian(block[8..]);
        uint t3 = BinaryPrimitives.ReadUInt32LittleEndian(block[12..]);
        ulong h0 = _h[0] + (t0 & Mask);
        ulong h1 = _h[1] + (((t0 >> 26) | (t1 << 6)) & Mask);
        ulong h2 = _h[2] + (((t1 >> 20) | (t2 << 12)) & Mask);
        ulong h3 = _h[3] + (((t2 >> 14) | (t3 << 18)) & Mask);
        ulong h4 = _h[4] + ((t3 >> 8) | HighBit);
        ulong r0 = _r[0];
        ulong r1 = _r[1];
        ulong r2 = _r[2];
        ulong r3 = _r[3];
        ulong r4 = _r[4];
        ulong s1 = r1 * 5;
        ulong s2 = r2 * 5;
        ulong s3 = r3 * 5;
        ulong s4 = r4 * 5;

        ulong d0 = (h0 * r0) + (h1 * s4) + (h2 * s3) + (h3 * s2) + (h4 * s1);
        ulong d1 = (h0 * r1) + (h1 * r0) + (h2 * s4) + (h3 * s3) + (h4 * s2) + (d0 >> 26);
        ulong d2 = (h0 * r2) + (h1 * r1) + (h2 * r0) + (h3 * s4) + (h4 * s3) + (d1 >> 26);
        ulong d3 = (h0 * r3) + (h1 * r2) + (h2 * r1) + (h3 * r0) + (h4 * s4) + (d2 >> 26);
        ulong d4 = (h0 * r4) + (h1 * r3) + (h2 * r2) + (h3 * r1) + (h4 * r0) + (d3 >> 26);
        ulong low = (d0 & Mask) + ((d4 >> 26) * 5);
        _h[0] = (uint)low & Mask;
        _h[1] = ((uint)d1 & Mask) + (uint)(low >> 26);
        _h[2] = (uint)d2 & Mask;
        _h[3] = (uint)d3 & Mask;
        _h[4] = (uint)d4 & Mask;
    }

    private readonly void Carry()
    {
        uint carry = 0;
        for (int pass = 0; pass < 2; pass++)
        {
            for (int i = 0; i < 5; i++)
            {
                uint sum = _h[i] + carry;
                _h[i] = sum & Mask;
                carry = sum >> 26;
            }

            carry *= 5;
        }

        _h[0] += carry;
    }
}
