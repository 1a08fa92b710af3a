using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Resumption;

namespace Quiver;

/// <summary>
/// The keys under which a server seals session tickets: the first one seals, all open. A ring of its own making draws a random key and a
/// new one each day; servers that share their keys (a fleet behind one name) import them. Thread-safe.
/// </summary>
public sealed class SessionTicketKeyRing : ITicketSealer
{
    /// <summary>Bytes of a key.</summary>
    public const int KeyLength = TicketKey.KeyLength;

    /// <summary>Keys held at most. With a new one each day, tickets of a week can be opened.</summary>
    public const int MaxKeys = 8;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _interval;
    private volatile TicketKey[] _keys;
    private long _rotated;

    /// <summary>Makes a ring with a random key, which is replaced by itself; old ones open tickets for seven intervals more.</summary>
    /// <param name="rotationInterval">How long a key seals; null: a day. <see cref="Timeout.InfiniteTimeSpan"/>: until <see cref="Rotate"/>.</param>
    /// <param name="timeProvider">Tells the time; null: the system's clock.</param>
    public SessionTicketKeyRing(TimeSpan? rotationInterval = null, TimeProvider? timeProvider = null)
    {
        _time = timeProvider ?? TimeProvider.System;
        _interval = rotationInterval ?? TimeSpan.FromDays(1);
        if (_interval <= TimeSpan.Zero && _interval != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(nameof(rotationInterval), rotationInterval, "The interval must be positive, or infinite.");
        }

        _rotated = _time.GetTimestamp();
        _keys = [CreateRandom()];
    }

    /// <summary>Makes a ring with given keys, which stay until <see cref="Import"/> or <see cref="Rotate"/>.</summary>
    /// <param name="keys">One to <see cref="MaxKeys"/> keys of <see cref="KeyLength"/> secret random bytes, the current one first.</param>
    public SessionTicketKeyRing(IReadOnlyList<ReadOnlyMemory<byte>> keys)
    {
        _time = TimeProvider.System;
        _interval = Timeout.InfiniteTimeSpan;
        _keys = ToKeys(keys);
    }

    /// <summary>The ring of servers that name none. Its keys live as long as the process.</summary>
    public static SessionTicketKeyRing Shared { get; } = new();

    /// <summary>Keys held now.</summary>
    public int Count => _keys.Length;

    /// <summary>Replaces all keys.</summary>
    /// <param name="keys">As in the constructor: put a new key second on all servers before it becomes first on one.</param>
    public void Import(IReadOnlyList<ReadOnlyMemory<byte>> keys)
    {
        TicketKey[] made = ToKeys(keys);
        lock (_lock)
        {
            _keys = made;
            _rotated = _time.GetTimestamp();
        }
    }

    /// <summary>Seals with a new random key from now on; the others still open, the oldest goes when there are <see cref="MaxKeys"/>.</summary>
    public void Rotate()
    {
        lock (_lock)
        {
            Prepend();
        }
    }

    byte[] ITicketSealer.Seal(ReadOnlySpan<byte> content, IRandomSource random)
    {
        RotateIfDue();
        return _keys[0].Seal(content, random);
    }

    bool ITicketSealer.TryOpen(ReadOnlySpan<byte> ticket, [NotNullWhen(true)] out byte[]? content)
    {
        RotateIfDue();
        foreach (TicketKey key in _keys)
        {
            if (key.TryOpen(ticket, out content))
            {
                return true;
            }
        }

        content = null;
        return false;
    }

    private void RotateIfDue()
    {
        if (_interval == Timeout.InfiniteTimeSpan || _time.GetElapsedTime(Volatile.Read(ref _rotated)) < _interval)
        {
            return;
        }

        lock (_lock)
        {
            // A ring that was not used for long has aged all the same.
            for (int i = 0; i < MaxKeys && _time.GetElapsedTime(_rotated) >= (i + 1) * _interval; i++)
            {
                _keys = [CreateRandom(), .. _keys.Take(MaxKeys - 1)];
            }

            if (_time.GetElapsedTime(_rotated) >= _interval)
            {
                Volatile.Write(ref _rotated, _time.GetTimestamp());
            }
        }
    }

    private void Prepend()
    {
        _keys = [CreateRandom(), .. _keys.Take(MaxKeys - 1)];
        Volatile.Write(ref _rotated, _time.GetTimestamp());
    }

    private static TicketKey CreateRandom()
    {
        Span<byte> key = stackalloc byte[KeyLength];
        RandomNumberGenerator.Fill(key);
        TicketKey made = new(key);
        CryptographicOperations.ZeroMemory(key);
        return made;
    }

    private static TicketKey[] ToKeys(IReadOnlyList<ReadOnlyMemory<byte>> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return keys.Count is >= 1 and <= MaxKeys
            ? [.. keys.Select(key => new TicketKey(key.Span))]
            : throw new ArgumentException($"A ring holds 1 to {MaxKeys} keys, not {keys.Count}.", nameof(keys));
    }
}
