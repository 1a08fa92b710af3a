using System.Buffers.Binary;
using System.Security.Cryptography;
using Quiver.Protocol.Endpoints;
using Quiver.Protocol.Tokens;

namespace Quiver.Driving;

/// <summary>
/// Remembers which tokens were used: two Bloom filters, each for one half of the longest life of a token, so that one of them knows every
/// token that is still good. For the loop's thread.
/// </summary>
internal sealed class UsedTokenFilter : ITokenReplayFilter
{
    /// <summary>For each filter: 64 KiB, which tells 20,000 tokens apart with one error in 10,000.</summary>
    private const int Bits = 1 << 19;

    private const int Probes = 8;

    private static readonly long s_period = (long)(AddressTokens.NewTokenLifetime + AddressTokens.ClockSkew).TotalMilliseconds;

    // By when they were issued: a token is looked for in the filter of its period only.
    private readonly ulong[][] _filters = [new ulong[Bits / 64], new ulong[Bits / 64]];
    private readonly long[] _periods = [-1, -1];
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    public bool TryAccept(ReadOnlySpan<byte> token, long issuedMilliseconds)
    {
        long period = issuedMilliseconds / s_period;
        int index = (int)(period & 1);
        if (_periods[index] != period)
        {
            if (_periods[index] > period)
            {
                // Older than what is remembered.
                return false;
            }

            _periods[index] = period;
            Array.Clear(_filters[index]);
        }

        // Keyed, so that nobody can make tokens that fill the filter unevenly.
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, token, hash);
        bool isNew = false;
        for (int i = 0; i < Probes; i++)
        {
            uint bit = BinaryPrimitives.ReadUInt32LittleEndian(hash[(4 * i)..]) % Bits;
            ref ulong word = ref _filters[index][bit / 64];
            isNew |= (word & (1UL << (int)(bit % 64))) == 0;
            word |= 1UL << (int)(bit % 64);
        }

        return isNew;
    }
}
