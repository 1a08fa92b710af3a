namespace Quiver.Protocol.Packets;

/// <summary>Truncates and restores packet numbers. RFC 9000 §17.1, A.2, A.3.</summary>
internal static class PacketNumberCodec
{
    /// <summary>Bytes needed so that a peer that has seen <paramref name="largestAcked"/> (-1: nothing) can restore the number.</summary>
    public static int Length(ulong packetNumber, long largestAcked)
    {
        ulong unacknowledged = largestAcked < 0 ? packetNumber + 1 : packetNumber - (ulong)largestAcked;

        // The range must be more than twice what is outstanding.
        return unacknowledged switch
        {
            < 1UL << 7 => 1,
            < 1UL << 15 => 2,
            < 1UL << 23 => 3,
            _ => 4,
        };
    }

    public static void Write(Span<byte> destination, ulong packetNumber, int length)
    {
        for (int i = length - 1; i >= 0; i--)
        {
            destination[i] = (byte)packetNumber;
            packetNumber >>= 8;
        }
    }

    public static ulong ReadTruncated(ReadOnlySpan<byte> source)
    {
        ulong value = 0;
        foreach (byte b in source)
        {
            value = (value << 8) | b;
        }

        return value;
    }

    /// <summary>Restores a number from its low bytes, next to the one expected (largest received + 1).</summary>
    public static ulong Restore(ulong expected, ulong truncated, int length)
    {
        ulong window = 1UL << (8 * length);
        ulong half = window / 2;
        ulong candidate = (expected & ~(window - 1)) | truncated;
        if (candidate + half <= expected && candidate < (1UL << 62) - window)
        {
            return candidate + window;
        }

        return candidate > expected + half && candidate >= window ? candidate - window : candidate;
    }
}
