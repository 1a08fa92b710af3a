using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Quiver.Protocol.Crypto.MLKem;

/// <summary>
/// A hash on Keccak: input in parts, then output. The state (25 lanes, zero at first) is the caller's memory and is zeroed by
/// <see cref="Clear"/>. For little-endian processors, as all with AVX2 are. FIPS 202 §4.
/// </summary>
internal ref struct Sponge
{
    private readonly Span<ulong> _state;
    private readonly int _rate;
    private int _position;

    public Sponge(Span<ulong> state, int rate)
    {
        _state = state[..Keccak.Lanes];
        _rate = rate;
    }

    private readonly Span<byte> Block => MemoryMarshal.AsBytes(_state)[.._rate];

    /// <summary>H of FIPS 203 §4.1, SHA3-256.</summary>
    public static void H(ReadOnlySpan<byte> data, Span<byte> digest) => Hash(Keccak.Shake256Rate, Keccak.Sha3Suffix, data, default, digest);

    /// <summary>G of FIPS 203 §4.1, SHA3-512, of two values joined.</summary>
    public static void G(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> digest) =>
        Hash(Keccak.Sha512Rate, Keccak.Sha3Suffix, first, second, digest);

    /// <summary>J of FIPS 203 §4.1, 32 bytes of SHAKE256, of two values joined.</summary>
    public static void J(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> digest) =>
        Hash(Keccak.Shake256Rate, Keccak.ShakeSuffix, first, second, digest);

    public void Absorb(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            int length = Math.Min(data.Length, _rate - _position);
            Xor(Block.Slice(_position, length), data[..length]);
            data = data[length..];
            _position += length;
            if (_position == _rate)
            {
                Keccak.Permute(_state);
                _position = 0;
            }
        }
    }

    /// <summary>Ends the input and makes the first block of output.</summary>
    public void Finish(byte suffix)
    {
        Block[_position] ^= suffix;
        _state[(_rate / sizeof(ulong)) - 1] ^= Keccak.PaddingEnd;
        Keccak.Permute(_state);
    }

    /// <summary>Copies from the start of the present block.</summary>
    public readonly void Read(Span<byte> output) => Block[..output.Length].CopyTo(output);

    public readonly void NextBlock() => Keccak.Permute(_state);

    public readonly void Clear() => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_state));

    private static void Hash(int rate, byte suffix, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> digest)
    {
        Span<ulong> state = stackalloc ulong[Keccak.Lanes];
        Sponge sponge = new(state, rate);
        sponge.Absorb(first);
        sponge.Absorb(second);
        sponge.Finish(suffix);
        sponge.Read(digest);
        sponge.Clear();
    }

    private static void Xor(Span<byte> target, ReadOnlySpan<byte> data)
    {
        int i = 0;
        for (; i <= data.Length - sizeof(ulong); i += sizeof(ulong))
        {
            Span<byte> word = target[i..];
            BinaryPrimitives.WriteUInt64LittleEndian(
                word, BinaryPrimitives.ReadUInt64LittleEndian(word) ^ BinaryPrimitives.ReadUInt64LittleEndian(data[i..]));
        }

        for (; i < data.Length; i++)
        {
            target[i] ^= data[i];
        }
    }
}
