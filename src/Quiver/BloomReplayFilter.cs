using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Quiver;

/// <summary>
/// Remembers attempts in a Bloom filter of fixed size, in two generations that take turns: each attempt is known for at least the window.
/// About one new attempt in two thousand is taken for a replay, which costs its client a round trip. RFC 9846 §8.2.
/// </summary>
public sealed class BloomReplayFilter : IReplayFilter
{
    /// <summary>Attempts that one generation holds unless told: more than 10,000 a second in the default window. Memory: 2 bytes each, twice.</summary>
    public const int DefaultCapacity = 1 << 18;

    /// <summary>With eleven bits set for each of 16: the fewest false alarms.</summary>
    private const int BitsPerAttempt = 16;
    private const int Hashes = 11;

    /// <summary>Twice the error that an attempt's age may have.</summary>
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(20);

    private readonly Lock _lock = new();
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly TimeProvider _time;
    private readonly TimeSpan _length;
    private readonly int _capacity;
    private readonly DateTimeOffset _start;
    private readonly long _startStamp;
    private ulong[] _current;
    private ulong[] _previous;
    private long _turned;
    private int _count;

    /// <summary>Makes an empty filter.</summary>
    /// <param name="capacity">Attempts that a generation holds. When it is full, early data is refused until the next begins: a flood must not
    /// make the filter forget.</param>
    /// <param name="window">How long attempts are remembered at least; null: 20 seconds, which is the least that is safe.</param>
    /// <param name="timeProvider">Tells the time; null: the system's clock.</param>
    public BloomReplayFilter(int capacity = DefaultCapacity, TimeSpan? window = null, TimeProvider? timeProvider = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _length = window ?? s_window;
        ArgumentOutOfRangeException.ThrowIfLessThan(_length, s_window, nameof(window));
        _time = timeProvider ?? TimeProvider.System;
        _capacity = capacity;
        long words = (((long)capacity * BitsPerAttempt) + 63) / 64;
        _current = new ulong[words];
        _previous = new ulong[words];
        _start = _time.GetUtcNow();
        _startStamp = _turned = _time.GetTimestamp();
    }

    /// <inheritdoc/>
    public bool TryAccept(ReadOnlySpan<byte> attempt, DateTimeOffset ticketIssuedAt)
    {
        // Keyed, so that nobody can choose attempts that look like others.
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, attempt, hash);
        lock (_lock)
        {
            Turn();

            // What was taken before we began is not known; a ticket that is younger than we are was not. RFC 9846 §8.2.
            if (ticketIssuedAt < _start && _time.GetElapsedTime(_startStamp) < _length)
            {
                return false;
            }

            if (_count == _capacity || Contains(_current, hash) || Contains(_previous, hash))
            {
                return false;
            }

            Add(hash);
            return true;
        }
    }

    private void Turn()
    {
        TimeSpan elapsed = _time.GetElapsedTime(_turned);
        if (elapsed < _length)
        {
            return;
        }

        (_current, _previous) = (_previous, _current);
        Array.Clear(_current);
        if (elapsed >= 2 * _length)
        {
            Array.Clear(_previous);
        }

        _count = 0;
        _turned = _time.GetTimestamp();
    }

    private static bool Contains(ulong[] bits, ReadOnlySpan<byte> hash)
    {
        for (int i = 0; i < Hashes; i++)
        {
            ulong bit = BitOf(bits, hash, i);
            if ((bits[bit / 64] & (1UL << (int)(bit % 64))) == 0)
            {
                return false;
            }
        }

        return true;
    }

    private void Add(ReadOnlySpan<byte> hash)
    {
        for (int i = 0; i < Hashes; i++)
        {
            ulong bit = BitOf(_current, hash, i);
            _current[bit / 64] |= 1UL << (int)(bit % 64);
        }

        _count++;
    }

    // Two hashes give as many as are wanted.
    private static ulong BitOf(ulong[] bits, ReadOnlySpan<byte> hash, int index)
    {
        ulong first = BinaryPrimitives.ReadUInt64LittleEndian(hash);
        ulong second = BinaryPrimitives.ReadUInt64LittleEndian(hash[8..]) | 1;
        return unchecked(first + ((ulong)index * second)) % ((ulong)bits.Length * 64);
    }
}
