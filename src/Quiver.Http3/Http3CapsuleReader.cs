using Quiver.Http3.Frames;

namespace Quiver.Http3;

/// <summary>
/// Reads capsules from a tunnel. RFC 9297 §3.2. Those of types that the caller does not know are skipped as they come; the others are read
/// whole, up to a limit. One read at a time.
/// </summary>
public sealed class Http3CapsuleReader
{
    private const int SkipBuffer = 4096;

    private readonly Stream _source;
    private readonly Func<long, bool> _isKnown;
    private readonly int _maxLength;
    private readonly byte[] _header = new byte[2 * VarInt.MaxLength];

    /// <summary>Reads from a tunnel, which stays the caller's.</summary>
    /// <param name="source">The tunnel, or any stream that carries capsules.</param>
    /// <param name="isKnown">Whether capsules of a type are wanted.</param>
    /// <param name="maxLength">The longest value that is taken, in bytes.</param>
    public Http3CapsuleReader(Stream source, Func<long, bool> isKnown, int maxLength = 16 * 1024)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(isKnown);
        ArgumentOutOfRangeException.ThrowIfNegative(maxLength);
        _source = source;
        _isKnown = isKnown;
        _maxLength = maxLength;
    }

    /// <summary>Reads the next capsule of a known type; null at the end of the stream.</summary>
    /// <param name="cancellationToken">Cancelling gives the read half of the tunnel up.</param>
    /// <exception cref="InvalidDataException">A capsule was cut short, or is longer than the limit; a <see cref="Http3TunnelStream"/> was
    /// aborted with H3_DATAGRAM_ERROR. RFC 9297 §3.3.</exception>
    public async ValueTask<Http3Capsule?> ReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            int count = await ReadIntegerAsync(0, cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                return null;
            }

            if (count < 0 || await ReadIntegerAsync(count, cancellationToken).ConfigureAwait(false) <= 0)
            {
                throw Fail("A capsule ends in the middle of its header.");
            }

            VarInt.TryRead(_header, out ulong type, out _);
            VarInt.TryRead(_header.AsSpan(count), out ulong length, out _);
            if (!_isKnown((long)type))
            {
                // RFC 9297 §3.2: unknown ones are skipped, and nothing of them is kept.
                await SkipAsync(length, cancellationToken).ConfigureAwait(false);
                continue;
            }

            if (length > (ulong)_maxLength)
            {
                throw Fail($"A capsule of type 0x{type:x} has {length} bytes; {_maxLength} are allowed.");
            }

            byte[] value = new byte[(int)length];
            int read = await _source.ReadAtLeastAsync(value, value.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            return read == value.Length
                ? new Http3Capsule((long)type, value)
                : throw Fail($"A capsule of type 0x{type:x} ends after {read} of its {length} bytes.");
        }
    }

    /// <summary>Reads an integer to that place of the header; returns its length, 0 at the end of the stream, -1 in the middle.</summary>
    private async ValueTask<int> ReadIntegerAsync(int at, CancellationToken cancellationToken)
    {
        if (await _source.ReadAsync(_header.AsMemory(at, 1), cancellationToken).ConfigureAwait(false) == 0)
        {
            return 0;
        }

        int length = 1 << (_header[at] >> 6);
        int rest = await _source.ReadAtLeastAsync(_header.AsMemory(at + 1, length - 1), length - 1, throwOnEndOfStream: false, cancellationToken)
            .ConfigureAwait(false);
        return rest == length - 1 ? length : -1;
    }

    private async ValueTask SkipAsync(ulong length, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[(int)Math.Min(length, SkipBuffer)];
        while (length > 0)
        {
            int count = await _source.ReadAsync(buffer.AsMemory(0, (int)Math.Min(length, SkipBuffer)), cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                // RFC 9297 §3.3: cut short is malformed, known or not.
                throw Fail("A capsule ends in the middle of its value.");
            }

            length -= (ulong)count;
        }
    }

    private InvalidDataException Fail(string message)
    {
        (_source as Http3TunnelStream)?.Abort(Http3ErrorCode.DatagramError);
        return new InvalidDataException(message);
    }
}
