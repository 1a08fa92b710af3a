using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Quiver.Protocol.Primitives;

/// <summary>A connection id of 0 to 20 bytes, by value. RFC 9000 §5.1.</summary>
internal readonly struct ConnectionId : IEquatable<ConnectionId>
{
    public const int MaxLength = 20;

    private readonly Bytes _bytes;
    private readonly byte _length;

    public ConnectionId(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, MaxLength);
        bytes.CopyTo(_bytes);
        _length = (byte)bytes.Length;
    }

    public static ConnectionId Empty => default;

    public int Length => _length;

    [UnscopedRef]
    public ReadOnlySpan<byte> Span => ((ReadOnlySpan<byte>)_bytes)[.._length];

    public static bool operator ==(ConnectionId a, ConnectionId b) => a.Equals(b);

    public static bool operator !=(ConnectionId a, ConnectionId b) => !a.Equals(b);

    public static ConnectionId Random(IRandomSource random, int length)
    {
        Span<byte> bytes = stackalloc byte[MaxLength];
        random.Fill(bytes[..length]);
        return new ConnectionId(bytes[..length]);
    }

    public bool Equals(ConnectionId other) => Span.SequenceEqual(other.Span);

    public override bool Equals(object? obj) => obj is ConnectionId other && Equals(other);

    // HashCode is seeded at random for each process, so a peer cannot choose ids that collide.
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    public override string ToString() => Convert.ToHexStringLower(Span);

    [InlineArray(MaxLength)]
    private struct Bytes
    {
        private byte _first;
    }
}
